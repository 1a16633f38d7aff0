// What was done to end a run that somebody cancelled, one sentence a step.
import type { Run } from "../api/contract.ts";
import { isOpen } from "./states.ts";
import { durationText } from "./time.ts";

export function cancelSteps({ cancel, state }: Pick<Run, "cancel" | "state">): string[] {
  if (cancel === null) return [];
  const { waited, steps = [], groupEmptyAt, requestedAt } = cancel;
  const after = (at: string) => durationText(Math.max(0, Date.parse(at) - Date.parse(requestedAt)));
  if (waited) return ["it waited, and ended at once: nothing of it ran that had to be ended"];
  const said = steps.map(
    ({ signal, at }) => `${signal === "abort" ? "the abort signal" : signal} was sent after ${after(at)}`,
  );
  if (groupEmptyAt) said.push(`nothing that it had started was left after ${after(groupEmptyAt)}`);
  else if (isOpen(state))
    said.push("it has not ended yet; after the grace time it gets SIGTERM, then SIGKILL");
  return said;
}
