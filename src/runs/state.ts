// The states of a run and who may move it: the one table that code, tests and docs/semantics share.
import { FINAL_STATES, type RunState } from "./task-run.ts";

/** Who makes a move. */
export type Mover = "scheduler" | "caller" | "worker" | "sweeper" | "spool";

interface Move {
  from: RunState | null;
  to: RunState;
  who: Mover;
}

/**
 * Every legal move; anything else matches no row. `null` is a row that does not exist yet. A move is one conditional
 * UPDATE in db/run-store, whose zero rows are a normal answer: somebody else was first.
 */
export const MOVES: readonly Move[] = [
  { from: null, to: "queued", who: "scheduler" },
  { from: null, to: "skipped", who: "scheduler" },
  { from: null, to: "queued", who: "caller" },
  { from: "queued", to: "running", who: "worker" },
  { from: "retrying", to: "running", who: "worker" },
  { from: "queued", to: "cancelled", who: "caller" },
  { from: "retrying", to: "cancelled", who: "caller" },
  { from: "running", to: "succeeded", who: "worker" },
  { from: "running", to: "failed", who: "worker" },
  { from: "running", to: "retrying", who: "worker" },
  // Given back at shutdown: no try is used, the attempt number stays used (X1).
  { from: "running", to: "queued", who: "worker" },
  { from: "running", to: "cancelled", who: "worker" },
  { from: "running", to: "failed", who: "sweeper" },
  { from: "running", to: "retrying", who: "sweeper" },
  // Claimed, and never begun: the database's answer to the claim was lost.
  { from: "running", to: "queued", who: "sweeper" },
  // X2: an attempt that counted as lost ended after all with a result, and no later one has begun; once, since it is lost no longer.
  { from: "failed", to: "succeeded", who: "spool" },
  { from: "failed", to: "failed", who: "spool" },
  { from: "failed", to: "cancelled", who: "spool" },
  { from: "retrying", to: "succeeded", who: "spool" },
  { from: "retrying", to: "failed", who: "spool" },
  { from: "retrying", to: "retrying", who: "spool" },
  { from: "retrying", to: "queued", who: "spool" },
  { from: "retrying", to: "cancelled", who: "spool" },
];

export function mayMove(from: RunState | null, to: RunState, who: Mover): boolean {
  return MOVES.some((move) => move.from === from && move.to === to && move.who === who);
}

/** A run that will never move again by itself (save `failed(lost)`, once, by an end that is told late). */
export function isFinal(state: RunState): boolean {
  return (FINAL_STATES as readonly RunState[]).includes(state);
}

/** A run that waits for a worker. */
export function isWaiting(state: RunState): boolean {
  return mayMove(state, "running", "worker");
}
