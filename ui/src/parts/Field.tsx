// A labelled field with its hint, and what is wrong with it, both read out with it.
import { type ReactNode, useId } from "react";
import css from "./parts.module.css";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  /** What is wrong with it. */
  wrong?: string | null;
  children(attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }): ReactNode;
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div className={css["field"]}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(about ? { "aria-describedby": about } : {}),
        ...(wrong ? { "aria-invalid": true as const } : {}),
      })}
      {hint && (
        <span id={`${id}-hint`} className={css["hint"]}>
          {hint}
        </span>
      )}
      {wrong && (
        <span id={`${id}-wrong`} className={css["wrong"]} role="alert">
          {wrong}
        </span>
      )}
    </div>
  );
}
