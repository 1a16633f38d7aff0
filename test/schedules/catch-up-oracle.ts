// What S7 and S10 say of every fire that is found in one go, fire by fire and however slowly; made for comparing alone.
import type { CatchUpPolicy } from "../../src/schedules/schedule.ts";

/** Fires after `from` and before `until` do not run; null: it goes on. */
export interface Pausing {
  from: number;
  until: number | null;
}

export interface Stretch {
  /** In ascending order, after the cursor and up to now. */
  fires: readonly number[];
  now: number;
  /** Since when somebody has looked. */
  upSince: number;
  pauses: readonly Pausing[];
  catchUp: { policy: CatchUpPolicy; windowMs: number; max: number };
  /** Runs that the schedule may still make. */
  left: number;
  /** Each run that begins ends those before it (cancel_other). */
  replaces: boolean;
}

export type Verdict = "paused" | "run" | "missed" | "merged" | "limit" | "overlap";

export interface Judged {
  /** One for each fire. */
  verdicts: ReadonlyMap<number, Verdict>;
  /** The earliest start of each run of a late fire. */
  starts: ReadonlyMap<number, number>;
  /** Of the run that stands for several. */
  missed: { from: number; to: number; count: number } | null;
}

/** Found later than this, or before somebody was there, a fire is late. */
const PUNCTUAL_MS = 10_000;
/** Late runs begin so far apart. */
const SPACING_MS = 1_000;

/** A pause cuts no missed stretch in two: whatever the policy grants, it grants once for all that was found. */
export function judge({ fires, now, upSince, pauses, catchUp, left, replaces }: Stretch): Judged {
  const verdicts = new Map<number, Verdict>();
  const starts = new Map<number, number>();
  const isPaused = (fire: number) =>
    pauses.some(({ from, until }) => fire > from && (until === null || fire < until));
  const isLate = (fire: number) => now - fire > PUNCTUAL_MS || fire < upSince;
  const free: number[] = [];
  for (const fire of fires) {
    if (isPaused(fire)) verdicts.set(fire, "paused");
    else free.push(fire);
  }
  const late = free.filter(isLate);
  const punctual = free.filter((fire) => !isLate(fire));
  const recent = late.filter((fire) => now - fire <= catchUp.windowMs);
  for (const fire of late) verdicts.set(fire, "missed");
  let running: number[] = [];
  let missed: Judged["missed"] = null;
  switch (catchUp.policy) {
    case "skip":
      running = punctual;
      break;
    case "latest":
      running = punctual.length > 0 ? punctual : recent.slice(-1);
      break;
    case "all":
      running = [...recent.slice(Math.max(0, recent.length - catchUp.max)), ...punctual];
      break;
    case "merge":
      if (recent.length === 0) running = punctual;
      else {
        const all = [...recent, ...punctual];
        for (const fire of all) verdicts.set(fire, "merged");
        running = all.slice(-1);
        missed = { from: all[0]!, to: all.at(-1)!, count: all.length };
      }
  }
  running.forEach((fire, i) => verdicts.set(fire, i < left ? "run" : "limit"));
  if (replaces) for (const fire of running.slice(0, -1)) verdicts.set(fire, "overlap");
  if (left === 0) {
    for (const fire of free) verdicts.set(fire, "limit");
    missed = null;
  }
  const caught = running.filter((fire) => isLate(fire) || missed !== null);
  caught.forEach((fire, i) => starts.set(fire, now + i * SPACING_MS));
  return { verdicts, starts, missed };
}
