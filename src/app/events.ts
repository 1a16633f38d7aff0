// What the service's own log says of its jobs: loads, load errors, runs that failed. One line each.
import type { CatalogChange } from "../catalog/change.ts";
import type { AppEvent } from "../cli/ports.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { RunQueries } from "../runs/queries.ts";
import type { Finish } from "../runs/store.ts";

const SERVED = {
  pinned: "pinned to this version",
  released: "released from its pin: this version serves",
  stored: "this version serves, as the database has it",
  elsewhere: "another process published this version",
} as const;

export function logChange(change: CatalogChange, log: Logger): void {
  if (change.kind === "source") {
    const { state, reason } = change.status;
    return log[state === "available" ? "info" : "warn"](
      { source: change.source, state, reason },
      "a source changed",
    );
  }
  if (change.kind === "invalid") {
    const { code, message, hint } = change.problem;
    return log.warn({ source: change.source, code, place: change.key }, `${message}: ${hint}`);
  }
  const job = { job: change.key, source: change.source };
  if (change.kind === "loaded") log.info({ ...job, version: change.hash.slice(0, 12) }, "loaded");
  else if (change.kind === "served")
    log.info({ ...job, version: change.hash.slice(0, 12) }, SERVED[change.why]);
  else if (change.kind === "back") log.info(job, "its folder is back");
  else if (change.kind === "missing")
    log.warn(job, "its folder is gone: its schedules are suspended until it returns");
  else {
    const { code, message, file, line } = change.error;
    const serving = change.serving ? `version ${change.serving.slice(0, 12)} serves on` : "nothing serves";
    log.warn(
      { ...job, code, place: file && `${file}:${line ?? 1}` },
      `does not load: ${message}; ${serving}`,
    );
  }
}

export function logFinish(finish: Finish, job: { source: string; jobKey: string }, log: Logger): void {
  const fields = { run: finish.runId, job: job.jobKey, source: job.source, attempt: finish.attempt };
  if (finish.to === "failed")
    log.warn({ ...fields, reason: finish.reason }, `failed: ${finish.cause ?? finish.reason}`);
  else if (finish.to === "retrying")
    log.info({ ...fields, reason: finish.reason }, `failed, to be tried again: ${finish.cause}`);
  else log.debug(fields, finish.to);
}

/** To whoever watches. Never rejects: he misses a line, where a rejection that nobody takes would end the service. */
export async function tellFinished(
  runId: string,
  queries: Pick<RunQueries, "byId">,
  onEvent: (event: AppEvent) => void,
  log: Logger,
): Promise<void> {
  try {
    const run = await queries.byId(runId);
    if (run) onEvent({ kind: "finished", run });
  } catch (error) {
    log.warn({ run: runId, error: messageOf(error) }, "the end of a run could not be shown");
  }
}
