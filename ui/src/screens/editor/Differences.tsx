// What somebody else has saved while a form was open, and which of it the form would write over.
import type { Schedule } from "../../api/contract.ts";
import { same } from "../../form/draft.ts";
import { Notice } from "../../parts/Layout.tsx";
import { draftOf, type DraftField, type rebased } from "./schedule-draft.ts";
import css from "./editor.module.css";

interface Difference {
  name: string;
  was: string;
  is: string;
  /** It is typed here too: saving takes the other's away. */
  both: boolean;
}

export const NO_DIFFERENCES: readonly Difference[] = [];

/** `touched`: names of params that are typed here. */
export function differencesOf(
  before: Schedule,
  now: Schedule,
  { theirs, both }: Pick<ReturnType<typeof rebased>, "theirs" | "both">,
  touched: readonly string[],
): readonly Difference[] {
  const [was, is] = [draftOf(before), draftOf(now)];
  const names = [...new Set([...Object.keys(before.params), ...Object.keys(now.params)])];
  return [
    ...theirs.map((field) => ({
      name: NAMES[field],
      was: was[field],
      is: is[field],
      both: both.includes(field),
    })),
    ...names
      .filter((name) => !same(before.params[name], now.params[name]))
      .map((name) => ({
        name: `param ${name}`,
        was: shown(before.params[name]),
        is: shown(now.params[name]),
        both: touched.includes(name),
      })),
  ];
}

export function Differences({ found, saved }: { found: readonly Difference[]; saved: Schedule }) {
  return (
    <Notice tone="warn">
      <div>
        <strong>This is revision {saved.revision}, with what you have typed over it.</strong>{" "}
        {found.length === 0 ? "No other field differs." : "Somebody else has changed:"}
        <ul className={css["differences"]}>
          {found.map(({ name, was, is, both }) => (
            <li key={name}>
              {name}: {quoted(was)} is now {quoted(is)}
              {both && "; you have typed another one, and saving takes this one away"}
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  );
}

const quoted = (text: string): string => (text === "" ? "nothing" : `“${text}”`);
const shown = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

const NAMES: Readonly<Record<DraftField, string>> = {
  name: "Name",
  kind: "When",
  cron: "Cron",
  every: "Every",
  anchorAt: "Counted from",
  at: "At",
  timeZone: "Time zone",
  gap: "When the clocks go forward",
  repeat: "When the clocks go back",
  overlap: "When a run still goes on",
  catchUp: "When the service was down",
  window: "Missed at most so long ago",
  most: "Missed fires that run",
  jitter: "Later by up to",
  timeout: "Timeout of an attempt",
  attempts: "Tries",
  backoff: "Wait before the second try",
  factor: "Each wait longer by the factor",
  longest: "Longest wait",
  startAt: "Not before",
  endAt: "Not after",
  maxRuns: "Most runs",
  maxFailedShare: "Most failed records",
  pauseAfterFailures: "Pause after failures in a row",
};
