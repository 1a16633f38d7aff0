// A wake: a hint that there may be work. It carries nothing that may not be lost; the rows are the truth.
import type { Instant } from "../clock.ts";

export interface Wake {
  /** Rows of this source are about to be committed through the gate: look in that same commit. */
  expect(source: string): void;
  /** There may be something to claim now. */
  wake(source: string): void;
  /** There will be something to claim at an instant (a retry, a delayed trigger). */
  wakeAt(source: string, at: Instant): void;
}

export interface WakeListener {
  onExpect(source: string): void;
  onWake(source: string): void;
}
