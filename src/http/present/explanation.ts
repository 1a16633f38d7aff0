// Why a schedule did or did not run at an instant, as the API shows it: three lines for people, and the facts.
import type { Instant } from "../../clock.ts";
import type { Explained } from "../../schedules/explainer.ts";
import type { FireRow } from "../../schedules/history.ts";
import { localText } from "../../schedules/sentence.ts";
import type { Suspension } from "../../schedules/suspension.ts";
import { shownKey } from "../address.ts";
import type { EXPLANATION } from "../shapes/explanation.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";

export function presentExplanation({ schedule, explanation, lines }: Explained): Of<typeof EXPLANATION> {
  const { verdict, at, row, suspended, asked, resumed, revision, downtime, clockBack, lost, clockChange } =
    explanation;
  const { timeZone } = schedule;
  const instant = (value: Instant | null) =>
    value === null ? null : { at: isoTime(value), local: localText(value, timeZone) };
  return {
    schedule: schedule.id,
    job: shownKey(schedule.jobKey),
    source: schedule.source,
    at: isoTime(at),
    local: localText(at, timeZone),
    timeZone,
    verdict,
    lines,
    row: row ? presentRow(row) : null,
    backfill: explanation.backfill ?? null,
    suspended: suspended ? presentSuspended(suspended) : null,
    resumed: resumed ? { ...resumed, at: isoTime(resumed.at) } : null,
    asked: asked ? { by: asked.by, reason: asked.reason } : null,
    downtime: downtime
      ? {
          from: isoTime(downtime.from),
          to: isoTimeOrNull(downtime.to),
          stopped: downtime.stopped,
          stalled: downtime.stalled,
          unwritable: downtime.unwritable,
        }
      : null,
    clockBack: clockBack ? { from: isoTime(clockBack.from), to: isoTime(clockBack.to) } : null,
    lostTime: lost ? lost.local : null,
    clockChange: clockChange
      ? {
          at: isoTime(clockChange.at),
          beforeMs: clockChange.before,
          afterMs: clockChange.after,
        }
      : null,
    revision: revision
      ? {
          revision: revision.revision,
          since: isoTime(revision.from),
          action: revision.action,
          by: revision.actor,
          reason: revision.reason,
        }
      : null,
    previousFire: instant(explanation.previousFire),
    nextFire: instant(explanation.nextFire),
    passedOver: explanation.passedOver.map((skip) => ({
      at: isoTime(skip.at),
      by: skip.by,
      reason: skip.reason,
    })),
    heldBack: explanation.heldBack ? presentSuspended(explanation.heldBack) : null,
  };
}

/** `lateMs`: from its instant to its start, or null when it did not start. */
function presentRow(row: FireRow): Of<typeof EXPLANATION>["row"] {
  return {
    run: row.id,
    state: row.state,
    reason: row.reason,
    cause: row.cause,
    fireAt: isoTime(row.fireAt),
    fireThrough: isoTimeOrNull(row.fireThrough),
    fireCount: row.fireCount,
    startedAt: isoTimeOrNull(row.startedAt),
    finishedAt: isoTimeOrNull(row.finishedAt),
    lateMs: row.startedAt === null ? null : row.startedAt - row.fireAt,
  };
}

function presentSuspended({ reason, cause, from, until }: Suspension): Of<typeof EXPLANATION>["suspended"] {
  return { reason, cause, since: isoTime(from), until: isoTimeOrNull(until) };
}
