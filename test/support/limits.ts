// Bounds for attempts in tests: wide, unless a test is about one of them.
import type { AttemptLimits } from "../../src/sandbox/given-attempt.ts";

export function limitsOf(more: Partial<AttemptLimits> = {}): AttemptLimits {
  return {
    timeoutMs: 5_000,
    graceMs: 1_000,
    memoryBytes: 512 * 1024 * 1024,
    processes: 64,
    outputBytes: 10 * 1024 * 1024,
    from: { timeout: "a test", memory: "a test", processes: "a test" },
    ...more,
  };
}
