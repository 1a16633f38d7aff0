// Durations and records of the last runs as bars, oldest left, each a link to its run.
import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/contract.ts";
import { Muted } from "../../parts/Layout.tsx";
import { axisTop } from "../../words/bars.ts";
import { runInWords, runLook } from "../../words/states.ts";
import { counted, durationText, numberText } from "../../words/time.ts";
import css from "./job.module.css";

const WIDTH = 600;
const HEIGHT = 100;

interface Bar {
  run: Run;
  value: number;
  /** What of the value is bad. */
  bad: number;
  says: string;
}

export function DurationChart({ runs }: { runs: readonly Run[] }) {
  const bars = runs
    .filter(({ durationMs }) => durationMs !== null)
    .map((run) => ({
      run,
      value: run.durationMs!,
      bad: 0,
      says: `${runInWords(run)}, took ${durationText(run.durationMs!)}`,
    }));
  return <Chart label="Duration of the last runs" bars={bars} top={durationText} byState />;
}

export function RecordChart({ runs }: { runs: readonly Run[] }) {
  const bars = runs.map((run) => ({
    run,
    value: run.records.processed,
    bad: run.records.failed,
    says: `${runInWords(run)}: ${numberText(run.records.processed)} records, ${numberText(run.records.failed)} failed`,
  }));
  if (bars.every(({ value }) => value === 0)) return <Muted>Its runs told of no records.</Muted>;
  return <Chart label="Records of the last runs" bars={bars} top={numberText} />;
}

interface ChartProps {
  label: string;
  /** Newest first. */
  bars: readonly Bar[];
  top(value: number): string;
  byState?: boolean;
}

function Chart({ label, bars, top, byState = false }: ChartProps) {
  if (bars.length === 0) return <Muted>No run has ended yet.</Muted>;
  const shown = bars.toReversed();
  const most = axisTop(shown.map(({ value }) => value));
  const step = WIDTH / Math.max(30, shown.length);
  const height = (value: number) => (value === 0 ? 0 : Math.max(2, (value / most) * HEIGHT));
  return (
    <div>
      <svg
        className={css["chart"]}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="group"
        aria-label={label}
      >
        <line x1={0} y1={HEIGHT - 0.5} x2={WIDTH} y2={HEIGHT - 0.5} stroke="var(--line)" />
        {shown.map(({ run, value, bad, says }, index) => {
          // The newest stands at the right end, however few there are.
          const x = WIDTH - (shown.length - index) * step;
          const fill = byState ? `var(--${runLook(run.state).tone}-bar)` : "var(--busy-bar)";
          return (
            <Link key={run.id} to="/runs/$id" params={{ id: run.id }} aria-label={says} tabIndex={-1}>
              <title>{says}</title>
              <rect x={x} y={0} width={step} height={HEIGHT} fill="transparent" />
              <rect
                x={x + 1}
                y={HEIGHT - height(value)}
                width={step - 2}
                height={height(value)}
                fill={fill}
              />
              {bad > 0 && (
                <rect
                  x={x + 1}
                  y={HEIGHT - height(bad)}
                  width={step - 2}
                  height={height(bad)}
                  fill="var(--bad-bar)"
                />
              )}
            </Link>
          );
        })}
      </svg>
      <div className={css["axis"]}>
        <span>{counted(shown.length, "run")}</span>
        <span>full height: {top(most)}</span>
        <span>newest</span>
      </div>
    </div>
  );
}
