// After a refusal: says beside the button that fields are wrong, and brings the first of them into sight with the focus in it.
import { useEffect, useRef } from "react";
import type { FieldError } from "../api/contract.ts";
import css from "../parts/parts.module.css";

/** `errors`: the same array as long as it is the same refusal. */
export function FirstWrong({ errors }: { errors: readonly FieldError[] }) {
  const ref = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (errors.length === 0) return;
    // The fields are drawn as wrong by then, and the button that was off is on again.
    const timer = setTimeout(() => {
      const form = ref.current?.closest("form");
      const wrong = form?.querySelector<HTMLElement>('[aria-invalid="true"]') ?? ref.current;
      for (let box = wrong?.closest("details"); box; box = box.parentElement?.closest("details"))
        box.open = true;
      wrong?.scrollIntoView({ block: "center" });
      wrong?.focus({ preventScroll: true });
    });
    return () => clearTimeout(timer);
  }, [errors]);
  if (errors.length === 0) return null;
  const count = new Set(errors.map(({ pointer }) => pointer)).size;
  return (
    <p ref={ref} role="alert" tabIndex={-1} className={css["wrong"]}>
      {count === 1 ? "1 field has to be mended" : `${count} fields have to be mended`}; nothing was saved or
      started.
    </p>
  );
}

export const NONE_WRONG: readonly FieldError[] = [];
