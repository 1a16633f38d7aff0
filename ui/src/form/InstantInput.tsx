// An instant typed as a local time of a zone, which stands beside it.
import { useState } from "react";
import { instantOf, wallText } from "../words/zoned.ts";
import { knownZone } from "../words/zone.ts";
import css from "./form.module.css";

interface InstantInputProps {
  /** RFC 3339, or empty. */
  value: string;
  onChange(value: string): void;
  zone: string;
  /** Only what was typed to its end is told: when the field is left, or by Enter. */
  whole?: boolean;
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  "aria-label"?: string;
}

/** While somebody types, the field holds what is typed: the year of 2027 begins as the year 2. */
export function InstantInput({ value, onChange, zone, whole = false, ...attributes }: InstantInputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const at = Date.parse(value);
  const tell = (wall: string) => {
    const instant = wall === "" ? null : instantOf(wall, zone);
    onChange(instant === null ? "" : new Date(instant).toISOString().replace(".000Z", "Z"));
  };
  const end = () => {
    if (whole && typed !== null) tell(typed);
    setTyped(null);
  };
  return (
    <span className={css["kept"]}>
      <input
        {...attributes}
        type="datetime-local"
        step={1}
        max="9999-12-31T23:59:59"
        value={typed ?? (Number.isNaN(at) ? "" : wallText(at, zone))}
        onChange={(event) => {
          setTyped(event.target.value);
          if (!whole) tell(event.target.value);
        }}
        onBlur={end}
        onKeyDown={(event) => {
          if (whole && event.key === "Enter") end();
        }}
      />
      <span className={css["hint"]}>
        {knownZone(zone) === zone ? zone : `UTC: this browser does not know ${zone}`}
      </span>
    </span>
  );
}
