// Pauses, and what a change would do to the fires that are owed, as the API shows them.
import type { Effect } from "../../schedules/effect.ts";
import type { AskedSkip } from "../../schedules/schedule.ts";
import type { Pause, PauseScope, ScopedPause } from "../../schedules/suspension.ts";
import { shownKey } from "../address.ts";
import type { EFFECT, PAUSE, PAUSE_SCOPE } from "../shapes/pause.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";

export function presentPause({ by, reason, at, until }: Pause): Of<typeof PAUSE> {
  return { by, reason, at: isoTime(at), until: isoTimeOrNull(until) };
}

/** A job that is switched off is as much of the job as a pause of it. */
export function shownScope<K extends string>(kind: K): Exclude<K, "job_off"> | "job" {
  return kind === "job_off" ? "job" : (kind as Exclude<K, "job_off">);
}

/** What is paused, and the pause; null when it is not. */
export function presentScope(scope: PauseScope, paused: ScopedPause | undefined): Of<typeof PAUSE_SCOPE> {
  return {
    scope: shownScope(scope.kind),
    source: scope.kind === "all" ? null : scope.source,
    job: "jobKey" in scope ? shownKey(scope.jobKey) : null,
    paused: paused ? presentPause(paused) : null,
  };
}

/** A pause that is over, and who ended it; nobody when it passed by itself. */
export function presentEnded(pause: ScopedPause): NonNullable<Of<typeof PAUSE_SCOPE>["ended"]> {
  const { endedAt, endedBy, endedReason } = pause;
  return { ...presentPause(pause), endedAt: isoTimeOrNull(endedAt), endedBy, endedReason };
}

/** Told only when there are some. */
export function presentDropped(skips: readonly AskedSkip[]): Pick<Of<typeof EFFECT>, "droppedSkips"> {
  if (skips.length === 0) return {};
  return { droppedSkips: skips.map(({ at, by, reason }) => ({ at: isoTime(at), by, reason })) };
}

/** The answer to `dryRun: true`. */
export function presentEffect({
  runs,
  skipped,
  skippedFrom,
  skippedThrough,
  nextFireAt,
  droppedSkips,
}: Effect): Of<typeof EFFECT> {
  return {
    dryRun: true,
    runs,
    skipped,
    skippedFrom: isoTimeOrNull(skippedFrom),
    skippedThrough: isoTimeOrNull(skippedThrough),
    nextFireAt: isoTimeOrNull(nextFireAt),
    ...presentDropped(droppedSkips),
  };
}
