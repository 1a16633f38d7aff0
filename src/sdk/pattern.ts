// Author-made patterns, run under a time limit (S13).
import { STOPPED, withinTime } from "../time-limit.ts";
import { PATTERN_MS, PATTERNS_MS } from "./limits.ts";
import { textOf } from "./text.ts";

/** How long the patterns and schemas of one check may still take together. */
export interface TimeBudget {
  leftMs: number;
}

export function newBudget(): TimeBudget {
  return { leftMs: PATTERNS_MS };
}

/** Why the pattern is none, or null. */
export function patternProblem(pattern: string): string | null {
  try {
    new RegExp(pattern, "u");
    return null;
  } catch (error) {
    return textOf(error, 200);
  }
}

/** Whether the text matches; "stopped" when that could not be found out in time. */
export function matches(pattern: string, text: string, budget: TimeBudget): boolean | "stopped" {
  const expression = new RegExp(pattern, "u");
  if (budget.leftMs <= 0) return "stopped";
  const started = performance.now();
  const answer = withinTime(Math.min(PATTERN_MS, budget.leftMs), () => expression.test(text));
  budget.leftMs -= performance.now() - started;
  return answer === STOPPED ? "stopped" : answer;
}
