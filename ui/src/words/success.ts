// How many of the last runs succeeded.
import type { RunBrief } from "../api/contract.ts";

/** `93 %` of those that succeeded or failed; skipped and cancelled ones say nothing of the job. */
export function successText(runs: readonly Pick<RunBrief, "state">[]): string {
  const counted = runs.filter(({ state }) => state === "succeeded" || state === "failed");
  if (counted.length === 0) return "–";
  const succeeded = counted.filter(({ state }) => state === "succeeded").length;
  // 199 of 200 is not all of them.
  return `${Math.floor((succeeded / counted.length) * 100)} %`;
}
