// Why somebody does what they do: it stays with what was done.
import { Field } from "./Field.tsx";

interface ReasonProps {
  value: string;
  onChange(value: string): void;
  hint?: string;
  wrong?: string | null;
  required?: boolean;
  maxLength?: number;
}

export function ReasonField({
  value,
  onChange,
  hint = "Optional",
  wrong = null,
  required = false,
  maxLength = 500,
}: ReasonProps) {
  return (
    <Field label="Reason" hint={hint} wrong={wrong}>
      {(attributes) => (
        <input
          {...attributes}
          value={value}
          required={required}
          maxLength={maxLength}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
