// The thin shell around settling: reads facts under the lock of a schedule, decides, and wakes whoever runs.
import type { Instant } from "../clock.ts";
import { type ExpectedError, notFound } from "../errors.ts";
import { settleThenChange, settleThenDelete } from "./change.ts";
import { type Expected, requireExpected } from "./expected.ts";
import { pauseOfFailures, SERVICE_ACTOR } from "./failures.ts";
import type {
  ActiveRun,
  AskedSkip,
  Change,
  Decide,
  Plan,
  RequestRef,
  RevisionAction,
  Schedule,
  ScheduleStore,
  SettleFacts,
} from "./schedule.ts";
import { settle } from "./settle.ts";
import { endOf, endsBeside, type Suspension, suspensionsOf, type Unavailable } from "./suspension.ts";
import type { Outage } from "./up-time.ts";

export interface SettlerDeps {
  store: ScheduleStore;
  clock: { now(): Instant };
  /** Why a schedule's fires cannot run now, although nobody suspended it; undefined when they can. */
  suspensionOf?(schedule: Schedule): Unavailable | undefined;
  /** Since when fires have been looked for here without a gap. */
  upSince?(): Instant | undefined;
  /** Why nothing could be settled here until now. */
  outage?(): Outage | undefined;
  /** A hint that there may be work: runs were just written. */
  wake(): void;
  /** A schedule that could not be planned (a zone that this machine no longer knows); it is tried again in a minute. */
  trouble?(schedule: Schedule, error: unknown): void;
}

/** One change of one schedule. */
export interface Edit {
  id: string;
  /** 412 when the schedule is at another revision; null: any. */
  expected: Expected;
  actor: string;
  action: RevisionAction;
  reason?: string | null;
  /** Recorded as done in the transaction of the change (A1). */
  request?: RequestRef;
  /** Undefined: nothing changes. `spans`: what suspends it at some time after its cursor. */
  edit(settled: Schedule, now: Instant, spans: readonly Suspension[]): Partial<Schedule> | undefined;
}

export interface Changed {
  schedule: Schedule;
  /** Asked skips of fires that it has no more. */
  droppedSkips: readonly AskedSkip[];
}

/** Due schedules that are read together; the store settles them in smaller transactions. */
const BATCH = 2_000;
/** So long the first runs of many that are due together wait at most for the rows of the others. */
const WAKE_MS = 250;
/** Suspended schedules that one transaction settles at most. */
const SUSPENDED_BATCH = 500;

export class Settler {
  readonly #deps: SettlerDeps;

  constructor(deps: SettlerDeps) {
    this.#deps = deps;
  }

  /**
   * Settles the old revision up to now, then changes it, in one transaction: no fire is lost and none made twice (S7,
   * S8). 412 when the revision is not the expected one, 404 when there is none.
   */
  async change(edit: Edit): Promise<Schedule> {
    return (await this.changeAndTell(edit)).schedule;
  }

  /** The same, with what it ended beside the schedule's own fields. */
  async changeAndTell(edit: Edit): Promise<Changed> {
    let change: Change | undefined;
    const decide: Decide<Change> = (schedule, active, facts) =>
      (change = this.#changed(schedule, active, facts, edit));
    const schedule = await this.#deps.store.change(edit.id, edit.actor, decide, edit.request);
    if (!schedule || !change) throw unknown(edit.id);
    if (makesRuns(change)) this.#deps.wake();
    return { schedule, droppedSkips: change.droppedSkips ?? [] };
  }

  /** The change as it would be made now; nothing is written. */
  async wouldChange(edit: Edit): Promise<Change> {
    let would: Change | undefined;
    await this.#deps.store.change(edit.id, edit.actor, (schedule, active, facts) => {
      would = this.#changed(schedule, active, facts, edit);
      return { rows: [], cancel: [], schedule };
    });
    if (!would) throw unknown(edit.id);
    return would;
  }

  /** Settles and deletes it; the store ends its waiting runs (S8). 412 and 404 as above. */
  async remove(id: string, expected: Expected, actor: string): Promise<void> {
    let found = false;
    await this.#deps.store.change(id, actor, (schedule, active, facts) => {
      found = true;
      requireExpected("schedule", schedule.revision, expected);
      const now = this.#deps.clock.now();
      return settleThenDelete(schedule, this.#settling(schedule, now, active, facts));
    });
    if (!found) throw unknown(id);
  }

  /**
   * Settles everything that is due, batch after batch; answers how many schedules were due. Rows come first: runs that
   * begin while others are still owed would make these late, so workers hear of them at the end, or after a while.
   */
  async due(now: Instant): Promise<number> {
    const { store, clock, wake } = this.#deps;
    let planned = false;
    let wokenAt = clock.now();
    const decide: Decide<Plan> = (schedule, active, facts) => {
      const settled = this.planOrPutOff(schedule, now, active, facts);
      planned ||= makesRuns(settled);
      return settled;
    };
    for (let all = 0; ;) {
      const due = await store.settleDue(now, BATCH, decide);
      all += due;
      // Not when a batch was short: what somebody else held for a moment may be due still.
      const isLast = due === 0;
      if (planned && (isLast || clock.now() - wokenAt >= WAKE_MS)) {
        wake();
        planned = false;
        wokenAt = clock.now();
      }
      if (isLast) return all;
    }
  }

  /**
   * Ends the suspensions that have ended beside their schedules: pauses of jobs, sources and everything that were
   * resumed or have passed, jobs and sources that are back. `changed`: an open pause that has another end now, so that
   * its schedules are to be looked at again at another instant.
   */
  async suspended(changed?: string): Promise<void> {
    const { store, clock } = this.#deps;
    await store.closePassedPauses(clock.now());
    const open = new Set((await store.openPauses()).map(({ id }) => id));
    for (const key of await store.suspensionKeys()) {
      if (!endsBeside(key) || (open.has(key) && key !== changed)) continue;
      for (let after: string | undefined = ""; after !== undefined;) {
        const page: Schedule[] = await store.inSuspension(key, after, SUSPENDED_BATCH);
        await this.#settleSuspended(
          page.filter((schedule) => this.#deps.suspensionOf?.(schedule)?.reason !== key),
          key,
        );
        after = page.length < SUSPENDED_BATCH ? undefined : page.at(-1)!.id;
      }
    }
  }

  async #settleSuspended(read: readonly Schedule[], key: string): Promise<void> {
    let planned = false;
    const now = this.#deps.clock.now();
    await this.#deps.store.settleSuspended(read, now, (schedule, active, facts) => {
      const settled = this.planOrPutOff(schedule, now, active, facts);
      if (settled.suspended?.key === key && settled.nextFireAt === schedule.nextFireAt) return undefined;
      planned ||= makesRuns(settled);
      return settled;
    });
    if (planned) this.#deps.wake();
  }

  /** A run of the schedule has failed: pauses it if that makes enough of them. */
  async failed(id: string): Promise<Schedule | undefined> {
    const { store, clock } = this.#deps;
    // Most schedules ask for nothing of the kind, and a lock costs.
    const known = await store.byId(id);
    if (!known || known.pauseAfterFailures === null) return undefined;
    let paused = false;
    const changed = await store.change(id, SERVICE_ACTOR, (schedule, active, facts) => {
      const now = clock.now();
      const pause = pauseOfFailures(schedule, facts.ended, now);
      paused = pause !== undefined;
      return settleThenChange(schedule, {
        ...this.#settling(schedule, now, active, facts),
        edit: () => pause && { paused: { ...pause, at: now } },
        spansOf: (next) => this.#spansOf(next, facts, now),
        action: "paused",
        reason: pause?.reason,
      });
    });
    return paused ? changed : undefined;
  }

  /** One schedule that cannot be planned must not hold up the others of its batch. */
  planOrPutOff(schedule: Schedule, now: Instant, active: readonly ActiveRun[], facts: SettleFacts): Plan {
    try {
      const pause = pauseOfFailures(schedule, facts.ended, now);
      const at = pause ? { ...schedule, paused: pause } : schedule;
      const settled = lookedAtAgain(settle(at, this.#settling(at, now, active, facts)), now);
      return pause ? { ...settled, pause } : settled;
    } catch (error) {
      this.#deps.trouble?.(schedule, error);
      const { firedThrough, runsCounted } = schedule;
      return { rows: [], firedThrough, nextFireAt: now + 60_000, runsCounted, cancel: [] };
    }
  }

  #changed(schedule: Schedule, active: ActiveRun[], facts: SettleFacts, request: Edit): Change {
    requireExpected("schedule", schedule.revision, request.expected);
    const now = this.#deps.clock.now();
    return settleThenChange(schedule, {
      ...this.#settling(schedule, now, active, facts),
      edit: (settled) => request.edit(settled, now, this.#spansOf(settled, facts, now)),
      spansOf: (next) => this.#spansOf(next, facts, now),
      action: request.action,
      reason: request.reason,
    });
  }

  #settling(schedule: Schedule, now: Instant, active: readonly ActiveRun[], facts: SettleFacts) {
    const { upSince, outage } = this.#deps;
    return {
      now,
      active,
      spans: this.#spansOf(schedule, facts, now),
      upSince: upSince?.(),
      outage: outage?.(),
    };
  }

  /** Why its fires cannot run now, although nobody suspended it. */
  unavailable(schedule: Schedule): Unavailable | undefined {
    return this.#deps.suspensionOf?.(schedule);
  }

  #spansOf(schedule: Schedule, { pauses }: SettleFacts, now: Instant): Suspension[] {
    // What lies before the cursor has its rows; the one that it is in is asked for all the same.
    const near = pauses.filter((pause) => {
      const end = endOf(pause, now);
      return end === null || end > schedule.firedThrough || pause.id === schedule.suspended?.key;
    });
    return suspensionsOf(schedule, near, this.#deps.suspensionOf?.(schedule), now);
  }
}

/** Not in the same settling, whatever was planned: it goes on until nothing is due. */
function lookedAtAgain(settled: Plan, now: Instant): Plan {
  const { nextFireAt } = settled;
  return nextFireAt === null || nextFireAt > now ? settled : { ...settled, nextFireAt: now + 1_000 };
}

function makesRuns(settled: Pick<Plan, "rows">): boolean {
  return settled.rows.some((row) => row.outcome === "run");
}

export function unknown(id: string): ExpectedError {
  return notFound(`There is no schedule "${id.slice(0, 64)}".`);
}
