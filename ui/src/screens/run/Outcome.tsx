// How a run stands: why it ended, how far it has come, how many records.
import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/contract.ts";
import { Notice } from "../../parts/Layout.tsx";
import { isOpen } from "../../words/states.ts";
import { numberText } from "../../words/time.ts";
import { causeInWords } from "../../words/places.ts";
import css from "./run.module.css";

/** Why it ended, in the service's words. */
export function Cause({ run }: { run: Run }) {
  if (run.cause === null) return null;
  const tone = run.state === "failed" ? "bad" : run.state === "succeeded" ? "warn" : "calm";
  return (
    <Notice tone={tone}>
      <strong>{causeInWords(run.state, run.cause)}</strong>
      {run.state === "skipped" && run.schedule !== null && run.fireAt !== null && (
        <Link to="/schedules/$id" params={{ id: run.schedule }} search={{ at: run.fireAt } as never}>
          Why did it not run?
        </Link>
      )}
    </Notice>
  );
}

export function Progress({ run }: { run: Run }) {
  if (run.progress === null) {
    return run.state === "running" ? (
      <p className={css["message"]}>It runs, and has told no progress yet.</p>
    ) : null;
  }
  const { percent, message } = run.progress;
  const shown = Math.floor(percent);
  return (
    <div className={css["progress"]}>
      <progress max={100} value={percent} aria-label="Progress">
        {shown} %
      </progress>
      <span className={css["percent"]}>{shown} %</span>
      {message !== null && <span className={css["message"]}>{message}</span>}
    </div>
  );
}

const COUNTS = [
  ["processed", "records processed", "calm"],
  ["success", "succeeded", "good"],
  ["failed", "failed", "bad"],
  ["skipped", "skipped", "calm"],
] as const;

/** Live while it runs; the failed ones lead to their list. */
export function Counts({ run }: { run: Run }) {
  return (
    <div className={css["counts"]} role="group" aria-label={isOpen(run.state) ? "Records so far" : "Records"}>
      {COUNTS.map(([name, word, tone]) => {
        const count = run.records[name];
        return (
          <div key={name} className={css["count"]} data-tone={count > 0 ? tone : "none"}>
            <span className={css["figure"]} data-count={name}>
              {numberText(count)}
            </span>
            <span>
              {name === "failed" && count > 0 ? (
                <Link to="." search={true as never} hash="failed-records" resetScroll={false}>
                  {word}
                </Link>
              ) : (
                word
              )}
            </span>
          </div>
        );
      })}
    </div>
  );
}
