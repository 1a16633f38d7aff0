// The drawing: hours above, the load as a band, then a lane for each job. One stop of the Tab key; arrows go from mark to mark.
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Timeline } from "../../api/contract.ts";
import { useNow } from "../../shell/now.ts";
import { useZone } from "../../shell/preferences.ts";
import { shownJob } from "../../words/address.ts";
import { runInWords, runLook } from "../../words/states.ts";
import { clockText, counted, durationText, zoneName } from "../../words/time.ts";
import { offsetAt } from "../../words/zoned.ts";
import { type Lane, lanesOf, loadOf, type Mark, ticksOf, type Window, worstState } from "./lanes.ts";
import css from "./timeline.module.css";

const LANE = 28;
const BAND = 44;
/** Marks nearer than this are drawn as one. */
const NEAR = 9;
const HOUR = 3_600_000;

interface ChartProps {
  timeline: Timeline;
  window: Window;
  picked: string | undefined;
  pickedJob: string | undefined;
  onPick(job: string, at: number): void;
}

export function Chart({ timeline, window, picked, pickedJob, onPick }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  const [active, setActive] = useState<{ lane: number; mark: number }>({ lane: 0, mark: 0 });
  const now = useNow();
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(
      ([entry]) => entry && setWidth(Math.max(200, Math.floor(entry.contentRect.width))),
    );
    watcher.observe(box.current!);
    return () => watcher.disconnect();
  }, []);
  const scale: Scale = {
    window,
    width,
    x: (at) => ((at - window.since) / (window.until - window.since)) * width,
  };
  const nearMs = ((window.until - window.since) / width) * NEAR;
  const lanes = useMemo(() => lanesOf(timeline, nearMs), [timeline, nearMs]);

  const go = (lane: number, mark: number) => {
    const to = Math.max(0, Math.min(lanes.length - 1, lane));
    const at = Math.max(0, Math.min((lanes[to]?.marks.length ?? 1) - 1, mark));
    setActive({ lane: to, mark: at });
    box.current?.parentElement?.querySelector<SVGGElement>(`[data-place="${to}.${at}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const { lane, mark } = active;
    const here = lanes[lane]?.marks[mark]?.at ?? 0;
    const moves: Record<string, () => void> = {
      ArrowRight: () => go(lane, mark + 1),
      ArrowLeft: () => go(lane, mark - 1),
      ArrowDown: () => go(lane + 1, nearestMark(lanes[lane + 1], here)),
      ArrowUp: () => go(lane - 1, nearestMark(lanes[lane - 1], here)),
      Home: () => go(lane, 0),
      End: () => go(lane, Infinity),
      Enter: () => lanes[lane] && onPick(lanes[lane].address, here),
      " ": () => lanes[lane] && onPick(lanes[lane].address, here),
    };
    const move = moves[event.key];
    if (!move || !(event.target as Element).hasAttribute("data-place")) return;
    event.preventDefault();
    move();
  };
  return (
    <div className={css["chart"]} onKeyDown={onKey}>
      <div className={css["head"]}>
        <span className={css["label"]}>Load by the hour</span>
        <div ref={box} className={css["area"]}>
          <Band timeline={timeline} scale={scale} now={now} />
        </div>
      </div>
      {lanes.map((lane, i) => (
        <div key={lane.address} className={css["lane"]}>
          <Link to="/jobs/$address" params={{ address: lane.address }} className={css["label"]}>
            {shownJob({ key: lane.job, source: lane.source })}
          </Link>
          <div className={css["area"]}>
            <LaneMarks
              lane={lane}
              place={i}
              scale={scale}
              now={now}
              activeMark={active.lane === i ? Math.min(active.mark, lane.marks.length - 1) : -1}
              picked={pickedJob === lane.address ? picked : undefined}
              onFocus={(mark) => setActive({ lane: i, mark })}
              onPick={(at) => onPick(lane.address, at)}
            />
          </div>
        </div>
      ))}
      <p className={css["keys"]}>
        Filled has run, hollow is planned, a cross has failed. Arrow keys go from mark to mark, Enter asks
        about one.
      </p>
    </div>
  );
}

interface Scale {
  window: Window;
  width: number;
  x(at: number): number;
}

function nearestMark(lane: Lane | undefined, at: number): number {
  if (!lane) return 0;
  const distances = lane.marks.map((mark) => Math.abs(mark.at - at));
  return distances.indexOf(Math.min(...distances));
}

function Band({ timeline, scale, now }: { timeline: Timeline; scale: Scale; now: number }) {
  const { window, width, x } = scale;
  const zone = useZone();
  const pieces = loadOf(timeline, window, HOUR);
  const top = Math.max(1, ...pieces.map(({ past, planned }) => past + planned));
  const ticks = ticksOf(window, Math.max(2, Math.floor(width / 90)), (at) => offsetAt(at, zone));
  return (
    <svg
      width={width}
      height={BAND + 20}
      role="img"
      aria-label={`The busiest hour has ${counted(top, "run")}`}
      className={css["band"]}
    >
      {pieces.map(({ since, until, past, planned }) => {
        const height = (count: number) => (count / top) * (BAND - 6);
        const wide = Math.max(1, x(until) - x(since) - 1);
        return (
          <g key={since}>
            <title>{`${clockText(since, zone, now, false)} ${zoneName(since, zone)}: ${past} ran, ${planned} planned`}</title>
            <rect x={x(since)} y={0} width={wide} height={BAND} fill="transparent" />
            <rect
              x={x(since)}
              y={BAND - height(past)}
              width={wide}
              height={height(past)}
              fill="var(--calm-bar)"
            />
            <rect
              x={x(since) + 0.5}
              y={BAND - height(past) - height(planned) + 0.5}
              width={Math.max(1, wide - 1)}
              height={Math.max(0, height(planned) - 1)}
              fill="var(--surface)"
              stroke={planned > 0 ? "var(--busy-bar)" : "none"}
            />
          </g>
        );
      })}
      <line x1={0} x2={width} y1={BAND} y2={BAND} stroke="var(--line-strong)" />
      <NowLine x={x(now)} width={width} height={BAND} />
      {ticks.map((at) => (
        <g key={at} transform={`translate(${x(at)} 0)`}>
          <line y1={BAND} y2={BAND + 4} stroke="var(--line-strong)" />
          <text
            y={BAND + 16}
            className={css["tick"]}
            textAnchor={x(at) < 30 ? "start" : x(at) > width - 40 ? "end" : "middle"}
          >
            {clockText(at, zone, now, false)}
          </text>
        </g>
      ))}
    </svg>
  );
}

function NowLine({ x, width, height }: { x: number; width: number; height: number }) {
  if (x < 0 || x > width) return null;
  return <line x1={x} x2={x} y1={0} y2={height} stroke="var(--accent)" strokeDasharray="3 2" />;
}

interface LaneProps {
  lane: Lane;
  place: number;
  scale: Scale;
  now: number;
  /** The one that the Tab key comes to; -1 when it is in another lane. */
  activeMark: number;
  picked: string | undefined;
  onFocus(mark: number): void;
  onPick(at: number): void;
}

function LaneMarks({ lane, place, scale, now, activeMark, picked, onFocus, onPick }: LaneProps) {
  const { window, width, x } = scale;
  const zone = useZone();
  return (
    <svg
      width={width}
      height={LANE}
      className={css["marks"]}
      role="group"
      aria-label={lane.job}
      onClick={(event) => {
        const { left } = event.currentTarget.getBoundingClientRect();
        const at = window.since + ((event.clientX - left) / width) * (window.until - window.since);
        // People mean minutes.
        onPick(Math.round(at / 60_000) * 60_000);
      }}
    >
      <line x1={0} x2={width} y1={LANE / 2} y2={LANE / 2} stroke="var(--line)" />
      <NowLine x={x(now)} width={width} height={LANE} />
      {picked !== undefined && (
        <path d={`M${x(Date.parse(picked))} 0v${LANE}`} stroke="var(--accent)" strokeWidth={2} />
      )}
      {lane.marks.map((mark, i) => (
        <g
          key={`${mark.at} ${mark.planned.length > 0}`}
          data-place={`${place}.${i}`}
          data-kind={mark.planned.length > 0 ? "planned" : "run"}
          tabIndex={activeMark === i ? 0 : -1}
          role="button"
          aria-label={wordsOf(mark, zone, now)}
          className={css["mark"]}
          onFocus={() => onFocus(i)}
          onClick={(event) => {
            event.stopPropagation();
            onPick(mark.at);
          }}
        >
          <title>{wordsOf(mark, zone, now)}</title>
          <MarkShape mark={mark} x={x} width={width} />
        </g>
      ))}
    </svg>
  );
}

function MarkShape({ mark, x, width }: { mark: Mark; x(at: number): number; width: number }) {
  const from = Math.max(-4, x(mark.at));
  const wide = Math.max(6, Math.min(x(mark.to), width) - from);
  const several = mark.runs.length + mark.planned.length > 1;
  const middle = LANE / 2;
  const height = several ? 18 : 12;
  if (mark.planned.length > 0) {
    return (
      <>
        <rect x={from - 4} y={0} width={wide + 4} height={LANE} fill="transparent" />
        <rect
          x={from}
          y={middle - height / 2}
          width={6}
          height={height}
          rx={2}
          fill="var(--surface)"
          stroke="var(--busy-bar)"
          strokeWidth={1.5}
        />
      </>
    );
  }
  const state = worstState(mark.runs);
  const skipped = state === "skipped";
  return (
    <>
      <rect x={from - 4} y={0} width={wide + 4} height={LANE} fill="transparent" />
      <rect
        x={from}
        y={middle - (skipped ? 3 : height / 2)}
        width={wide}
        height={skipped ? 6 : height}
        rx={2}
        fill={`var(--${runLook(state).tone}-bar)`}
        fillOpacity={skipped ? 0.6 : 1}
      />
      {state === "failed" && <path d={`M${from - 1} 3l6 5m0-5l-6 5`} stroke="var(--bad)" strokeWidth={1.8} />}
    </>
  );
}

/** What a mark says to who cannot see it, and under the pointer. */
function wordsOf(mark: Mark, zone: string, now: number): string {
  const when = `${clockText(mark.at, zone, now)} ${zoneName(mark.at, zone)}`;
  if (mark.planned.length > 0) {
    return mark.planned.length === 1
      ? `${when}, planned`
      : `from ${when}, ${counted(mark.planned.length, "planned fire")}`;
  }
  const [run] = mark.runs;
  if (mark.runs.length > 1 || !run) {
    const failed = mark.runs.filter(({ state }) => state === "failed").length;
    return `from ${when}, ${counted(mark.runs.length, "run")}, ${failed} failed`;
  }
  return `${when}, ${runInWords(run)}${run.durationMs === null ? "" : `, ${durationText(run.durationMs)}`}`;
}
