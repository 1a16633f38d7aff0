// What a test of the clock looks back on: what was owed, what the database says, and what the jobs themselves saw.
import type { Reason, RunState } from "../../../src/runs/task-run.ts";
import type { CatchUpPolicy } from "../../../src/schedules/schedule.ts";
import type { OverlapPolicy } from "../../../src/sdk/spec.ts";
import type { Effort } from "./machine.ts";

/** A schedule and what an independent calendar says that it owed. All instants are epoch ms. */
export interface OwedSchedule {
  id: string;
  overlap: OverlapPolicy;
  catchUp: { policy: CatchUpPolicy; max: number; windowMs: number };
  /** Every fire after the cursor that it began with and up to the one that it ended with, in ascending order. */
  fires: readonly number[];
}

/** One row of task_runs. */
export interface RowSeen {
  id: string;
  scheduleId: string;
  state: RunState;
  reason: Reason | null;
  cause: string | null;
  fireAt: number | null;
  fireThrough: number | null;
  fireCount: number | null;
  queuedAt: number;
  finishedAt: number | null;
  attempt: number;
  maxAttempts: number;
}

/** One line that a job wrote: it begins, it is alive, it ends. */
export interface WitnessLine {
  what: "start" | "alive" | "end";
  runId: string;
  attempt: number;
  scheduleId: string;
  fireAt: number;
  /** Milliseconds of the machine's monotonic clock, the same for all processes. */
  monotonic: number;
  /** Null when the service's clock was another one. */
  wall: number | null;
}

/** A time in which no service was there to look for what is due. */
export interface Downtime {
  from: number;
  to: number;
  /** The first instant at which somebody may have looked again; unknown unless given. */
  back?: number;
}

export interface History {
  schedules: readonly OwedSchedule[];
  rows: readonly RowSeen[];
  witness: readonly WitnessLine[];
  downtimes: readonly Downtime[];
  /** Somebody was there, and could not look: nothing may be missed, and all of it is late. */
  stalls?: readonly Downtime[];
  /** One service each: killed, until it was ready again. Others may have been there. */
  deaths: readonly Downtime[];
  /** The longest that a service took for one small write meanwhile: so slow was the machine. */
  slowestWriteMs?: number;
  /** What the machine had for a process beside them: bounds of time are stretched by it, and nothing else is. */
  machine?: readonly Effort[];
}
