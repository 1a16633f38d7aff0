// A list of values: one field each, more and fewer of them, or many pasted at once.
import { useRef } from "react";
import { Button } from "../parts/Button.tsx";
import type { Field } from "./fields.ts";
import css from "./form.module.css";

interface ItemsProps {
  field: Field;
  items: readonly string[];
  onChange(items: readonly string[]): void;
}

export function Items({ field, items, onChange }: ItemsProps) {
  const box = useRef<HTMLDivElement>(null);
  const { of = "string", maxItems = Infinity } = field.definition;
  const set = (at: number, ...values: string[]) =>
    onChange([...items.slice(0, at), ...values, ...items.slice(at + 1)]);
  const add = () => {
    onChange([...items, ""]);
    // The new field is drawn by then.
    setTimeout(() => box.current?.querySelector<HTMLInputElement>("input:last-of-type")?.focus());
  };
  return (
    <div className={css["items"]} ref={box}>
      {items.map((item, i) => (
        // By place: two items may be equal, and what is typed changes them.
        <span key={i} className={css["item"]}>
          <input
            aria-label={`${field.label}, item ${i + 1}`}
            type={of === "date" ? "date" : "text"}
            inputMode={of === "integer" || of === "number" ? "decimal" : undefined}
            value={item}
            spellCheck={false}
            onChange={(event) => set(i, event.target.value)}
            onPaste={(event) => {
              const lines = event.clipboardData
                .getData("text")
                .split(/\r?\n/)
                .filter((line) => line.trim() !== "");
              if (lines.length < 2) return;
              event.preventDefault();
              set(i, ...lines);
            }}
          />
          <Button aria-label={`Remove item ${i + 1} of ${field.label}`} onClick={() => set(i)}>
            ✕
          </Button>
        </span>
      ))}
      {items.length < maxItems && <Button onClick={add}>Add an item</Button>}
      {items.length > 0 && (
        <span className={css["hint"]}>Several lines pasted into one field become several items.</span>
      )}
    </div>
  );
}
