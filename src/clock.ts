// Time, handed in wherever it is needed, so that tests can move it.

/** Epoch milliseconds in UTC. */
export type Instant = number;

export interface Clock {
  /** Wall time in epoch milliseconds; may step forwards and back. */
  now(): Instant;
  /** Milliseconds that only grow; for measuring how long something took. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
