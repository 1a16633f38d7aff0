// The shape of an explanation: why a schedule did, did not or will (not) run at an instant.
import { RUN_STATES } from "../../runs/task-run.ts";
import { VERDICTS } from "../../schedules/explain.ts";
import { REVISION_ACTIONS, SKIPPED_REASONS } from "../../schedules/schedule.ts";
import { count, flag, integer, listOf, named, nullable, object, text, time, word } from "./shape.ts";

const FIRE = nullable(object({ at: time(), local: text("On the schedule's own clock") }));

/** As `heldBack`: the next fire comes behind it, and never while it has no end. */
const SUSPENDED = object({
  reason: word(SKIPPED_REASONS),
  cause: text(),
  since: time(),
  until: nullable(time()),
});

const ROW = object(
  {
    run: text("Id of the row: a run, or what stands for skipped fires"),
    state: word(RUN_STATES),
    reason: nullable(text()),
    cause: nullable(text()),
    fireAt: time(),
    fireThrough: nullable(time("The last fire that the row stands for, when it stands for several")),
    fireCount: nullable(count()),
    startedAt: nullable(time()),
    finishedAt: nullable(time()),
    lateMs: nullable(integer("From its instant to its start")),
  },
  "The row that accounts for the instant",
);

export const EXPLANATION = named(
  "Explanation",
  object(
    {
      schedule: text("Id of the schedule"),
      job: text("Key of the job, with . for /"),
      source: text(),
      at: time("The instant that was meant"),
      local: text("The same on the schedule's own clock"),
      timeZone: text(),
      verdict: word(VERDICTS),
      lines: listOf(text(), "Three lines for people: what was asked, what happened, what lies behind it"),
      row: nullable(ROW),
      backfill: nullable(
        object(
          { batch: text(), run: text(), state: word(RUN_STATES) },
          "The newest run that a backfill made of the instant",
        ),
      ),
      suspended: nullable(SUSPENDED),
      resumed: nullable(
        object(
          { by: text(), at: time(), reason: nullable(text()) },
          "Who ended the pause that the row tells of",
        ),
      ),
      asked: nullable(object({ by: text(), reason: nullable(text()) }, "Who asked to skip it")),
      downtime: nullable(
        object({
          from: time(
            "The last sign of life: exact when it was stopped in order, else up to some seconds early",
          ),
          to: nullable(time("When somebody looked for due fires again")),
          stopped: flag("It was stopped in order"),
          stalled: flag("Its process went on afterwards: stopped or stalled, and not gone"),
          unwritable: nullable(
            text("It was there and could not write to its database: what the database said"),
          ),
        }),
      ),
      clockBack: nullable(
        object(
          { from: time(), to: time() },
          "The service's clock went back over the instant: one row stands for both times",
        ),
      ),
      lostTime: nullable(text("A local time that did not exist, whose fire moved here or was left out")),
      clockChange: nullable(
        object({
          at: time(),
          beforeMs: integer("Offset before it, east of UTC"),
          afterMs: integer("Offset after it"),
        }),
      ),
      revision: nullable(
        object({
          revision: integer(),
          since: time(),
          action: word(REVISION_ACTIONS),
          by: text(),
          reason: nullable(text()),
        }),
      ),
      previousFire: FIRE,
      nextFire: FIRE,
      passedOver: listOf(
        object({ at: time(), by: text(), reason: nullable(text()) }),
        "Fires before the next one that are left out because somebody asked for it",
      ),
      heldBack: nullable(SUSPENDED),
    },
    "Why a schedule did, did not or will (not) run at an instant, with the facts",
  ),
);
