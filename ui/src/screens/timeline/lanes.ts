// What a timeline draws, as numbers: a lane for each job, marks gathered where they would lie on each other, the load by the
// hour. Pure.
import type { PlannedFire, RunState, Timeline } from "../../api/contract.ts";

export type TimelineRun = Timeline["runs"][number];

export interface Window {
  since: number;
  until: number;
}

/** One thing that is drawn: a run, a planned fire, or several so near to each other that they are one. */
export interface Mark {
  at: number;
  /** Where it ends; the same as `at` for what takes no time. */
  to: number;
  runs: readonly TimelineRun[];
  planned: readonly PlannedFire[];
}

export interface Lane {
  /** `source:key` */
  address: string;
  job: string;
  source: string;
  marks: readonly Mark[];
}

/** The instant under which a run is drawn: the one that it accounts for, else when it began. */
export function instantOfRun(run: TimelineRun): number {
  return Date.parse(run.fireAt ?? run.startedAt ?? run.queuedAt);
}

/** `nearMs`: marks that begin within so much of each other are one. */
export function lanesOf(timeline: Timeline, nearMs: number): Lane[] {
  const now = Date.parse(timeline.now);
  const lanes = new Map<string, { job: string; source: string; marks: Mark[] }>();
  const add = (job: string, source: string, mark: Mark) => {
    const address = `${source}:${job}`;
    const lane = lanes.get(address);
    if (lane) lane.marks.push(mark);
    else lanes.set(address, { job, source, marks: [mark] });
  };
  for (const run of timeline.runs) add(run.job, run.source, markOfRun(run, now));
  for (const fire of timeline.planned) {
    const at = Date.parse(fire.at);
    add(fire.job, fire.source, { at, to: at, runs: [], planned: [fire] });
  }
  return [...lanes]
    .map(([address, { job, source, marks }]) => ({ address, job, source, marks: gathered(marks, nearMs) }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

function markOfRun(run: TimelineRun, now: number): Mark {
  const at = instantOfRun(run);
  if (run.fireThrough !== null) return { at, to: Date.parse(run.fireThrough), runs: [run], planned: [] };
  const end = run.finishedAt !== null ? Date.parse(run.finishedAt) : run.startedAt === null ? at : now;
  return { at, to: Math.max(at, end), runs: [run], planned: [] };
}

/** Past and planned stay apart: what is filled has happened. */
function gathered(marks: readonly Mark[], nearMs: number): Mark[] {
  const sorted = [...marks].sort((a, b) => a.at - b.at);
  const found: Mark[] = [];
  for (const mark of sorted) {
    const last = found.at(-1);
    const sameKind = last && last.planned.length > 0 === mark.planned.length > 0;
    if (last && sameKind && mark.at - last.at < nearMs) {
      found[found.length - 1] = {
        at: last.at,
        to: Math.max(last.to, mark.to),
        runs: [...last.runs, ...mark.runs],
        planned: [...last.planned, ...mark.planned],
      };
    } else found.push(mark);
  }
  return found;
}

/** Of several the one that somebody has to see. */
const WORST: readonly RunState[] = [
  "failed",
  "running",
  "retrying",
  "queued",
  "cancelled",
  "skipped",
  "succeeded",
];

export function worstState(runs: readonly TimelineRun[]): RunState {
  return WORST.find((state) => runs.some((run) => run.state === state)) ?? "succeeded";
}

export interface Load extends Window {
  past: number;
  planned: number;
}

/** What falls into each piece of the window; skipped rows are no load. */
export function loadOf(timeline: Timeline, { since, until }: Window, pieceMs: number): Load[] {
  const first = Math.floor(since / pieceMs) * pieceMs;
  const pieces: Load[] = [];
  for (let at = first; at < until; at += pieceMs)
    pieces.push({ since: at, until: at + pieceMs, past: 0, planned: 0 });
  const at = (instant: number) => pieces[Math.floor((instant - first) / pieceMs)];
  for (const run of timeline.runs) {
    const piece = run.state === "skipped" ? undefined : at(instantOfRun(run));
    if (piece) piece.past++;
  }
  for (const fire of timeline.planned) {
    const piece = at(Date.parse(fire.at));
    if (piece) piece.planned++;
  }
  return pieces;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];

/** Whole hours, or days, on the clock of the zone; at most `most` of them. `offset`: of the zone, east of UTC. */
export function ticksOf({ since, until }: Window, most: number, offset: (at: number) => number): number[] {
  const step = STEPS.find((one) => (until - since) / one <= most) ?? STEPS.at(-1)!;
  const ticks: number[] = [];
  let local = Math.ceil((since + offset(since)) / step) * step;
  for (; ; local += step) {
    // A clock change moves what is left of the ticks by itself.
    const at = local - offset(local - offset(since));
    if (at >= until) return ticks;
    if (at >= since && at !== ticks.at(-1)) ticks.push(at);
  }
}

export const SPANS = [HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY] as const;

/** Around `centre`: as much of it behind as ahead. */
export function windowAround(centre: number, span: number): Window {
  return { since: centre - span / 2, until: centre + span / 2 };
}
