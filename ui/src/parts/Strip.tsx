// The last runs of a job as a row of bars, oldest left: height is duration, tone is state, each one a link.
import { useDeferredValue, useState } from "react";
import type { RunBrief, RunMark } from "../api/contract.ts";
import { runInWords, runLook } from "../words/states.ts";
import { barHeights } from "../words/bars.ts";
import { durationText } from "../words/time.ts";
import { runPath, To } from "./To.tsx";
import css from "./parts.module.css";

const PLACES = 30;
const WIDTH = 6;
const HEIGHT = 24;
const NONE: readonly (RunMark | RunBrief)[] = [];

/** `runs`: newest first, as REST answers them. */
export function Strip({ runs, label }: { runs: readonly (RunMark | RunBrief)[]; label: string }) {
  const all = runs.slice(0, PLACES).toReversed();
  // Fifty rows have 1,500 bars: the rows are there first, and the bars are drawn in the room that is kept for them.
  const isTurn = useDeferredValue(true, false);
  const shown = isTurn ? all : NONE;
  const heights = barHeights(shown, HEIGHT);
  // One stop of the Tab key for the whole strip: the newest run, from which the arrow keys go on.
  const [stop, setStop] = useState<string | undefined>(undefined);
  const stopAt = shown.some(({ id }) => id === stop) ? stop : shown.at(-1)?.id;
  const failed = all.filter(({ state }) => state === "failed").length;
  return (
    <span
      className={css["strip"]}
      // Of what is out of sight nothing is drawn; its room is known.
      style={{
        containIntrinsicSize: `${WIDTH * all.length}px ${HEIGHT}px`,
        ...(isTurn ? {} : { minWidth: WIDTH * all.length, minHeight: HEIGHT }),
      }}
      role="group"
      onKeyDown={(event) => {
        const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
        const links = [...event.currentTarget.querySelectorAll<HTMLElement>("a")];
        const next = links[links.indexOf(event.target as HTMLElement) + by];
        if (by === 0 || !next) return;
        event.preventDefault();
        next.focus();
      }}
      onFocus={(event) => setStop((event.target as HTMLElement).dataset["run"])}
      aria-label={`${label}: the last ${all.length} runs, ${failed} failed`}
    >
      {shown.map((run, index) => (
        // One element for each: fifty rows have 1,500 of them.
        <To
          key={run.id}
          path={runPath(run.id)}
          data-run={run.id}
          data-failed={run.state === "failed" || undefined}
          className={css[`${runLook(run.state).tone}Bar`]}
          style={{ backgroundSize: `4.5px ${heights[index]!}px, 5px 5px, 5px 5px` }}
          // Also its name: there is no text in it.
          title={says(run)}
          tabIndex={run.id === stopAt ? 0 : -1}
        />
      ))}
    </span>
  );
}

function says(run: RunMark | RunBrief): string {
  const { durationMs } = run;
  return `${runInWords(run)}${typeof durationMs === "number" ? `, ${durationText(durationMs)}` : ""}`;
}
