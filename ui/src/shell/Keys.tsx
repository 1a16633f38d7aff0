// The keyboard: one listener for the page. Keys act on what a screen marks with data-key, and on its first list.
import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useMe } from "../api/queries.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { may } from "../words/roles.ts";
import { useLiveUpdates } from "./hooks.ts";
import { NAVIGATION } from "./navigation.ts";
import css from "./shell.module.css";

/** So long the second key of `g …` may take. */
const SEQUENCE_MS = 1_500;

export function Keys() {
  const router = useRouter();
  const live = useLiveUpdates();
  const me = useMe();
  const [help, setHelp] = useState(false);
  const since = useRef(-Infinity);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const going = performance.now() - since.current < SEQUENCE_MS;
      since.current = -Infinity;
      const place = NAVIGATION.find(({ key, least, whole }) => key === event.key && may(me, least, whole));
      if (going && place) void router.navigate({ to: place.to });
      else if (event.key === "g") since.current = performance.now();
      else if (event.key === "?") setHelp(true);
      else if (event.key === "j") step(1);
      else if (event.key === "k") step(-1);
      else if (event.key === "/" || event.key === "f") focusMarked(event.key);
      else if (event.key === "r") {
        const button = document.querySelector<HTMLElement>('[data-key="r"]');
        // Its dialog gives the focus back to it.
        button?.focus();
        if (button) button.click();
        else live.refresh();
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [router, live, me]);
  if (!help) return null;
  return (
    <Dialog title="Keys" onClose={() => setHelp(false)}>
      <dl className={css["keys"]}>
        {KEYS.map(([keys, says]) => (
          <Row key={keys} keys={keys} says={says} />
        ))}
        {NAVIGATION.filter(({ least, whole }) => may(me, least, whole)).map(({ key, name }) => (
          <Row key={key} keys={`g ${key}`} says={name} />
        ))}
      </dl>
    </Dialog>
  );
}

const KEYS = [
  ["?", "these keys"],
  ["/", "search in what is shown"],
  ["f", "filter; in a log: follow"],
  ["j", "next row"],
  ["k", "row before"],
  ["Enter", "open the row"],
  ["r", "run the job that is shown; elsewhere read anew"],
] as const;

function Row({ keys, says }: { keys: string; says: string }) {
  return (
    <>
      <dt>
        {keys.split(" ").map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{says}</dd>
    </>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** A button that is marked is pressed, anything else gets the focus; `f` without a mark is the first filter. */
function focusMarked(key: string): void {
  const marked = document.querySelector<HTMLElement>(`[data-key="${key}"]`);
  if (marked?.tagName === "BUTTON") marked.click();
  else (marked ?? document.querySelector<HTMLElement>('main input[type="search"]'))?.focus();
}

/** From row to row of the first list, by the first link of each. */
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>("table[data-rows] tbody tr")]
    .map((row) => row.querySelector<HTMLElement>("a[href]"))
    .filter((link) => link !== null);
  const row = document.activeElement?.closest("tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  const next =
    links[at === -1 ? (by === 1 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
