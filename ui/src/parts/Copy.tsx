// Copies a text; also over plain http, where browsers keep their clipboard from scripts.
import { useEffect, useState } from "react";
import { Button } from "./Button.tsx";

export function CopyButton({
  text,
  children = "Copy",
}: {
  text: string | (() => string);
  children?: string;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      onClick={() => {
        void copyText(typeof text === "string" ? text : text()).then(setCopied);
      }}
    >
      <span aria-live="polite">{copied ? "Copied" : children}</span>
    </Button>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The old way, which works wherever a key was pressed. */
function copySelected(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  // Inside an open dialog: what is outside of it cannot be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
