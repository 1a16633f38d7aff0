// What several routes answer about one run.
import { maySee } from "../../access/principal.ts";
import { notFound } from "../../errors.ts";
import { FINAL_STATES, type TaskRun } from "../../runs/task-run.ts";
import type { Call } from "../context.ts";
import { presentRun } from "../present/run.ts";
import type { Reply } from "../reply.ts";
import { BASE } from "../route.ts";

type AnyRequest = Call<object, object>;

/** Longer waits are cut, as RFC 7240 lets us; the answer says what was applied. */
const MAX_WAIT_SECONDS = 300;

/** The run, if the principal may see its source; 404 otherwise. */
export async function findRun({ deps, principal, about }: AnyRequest, id: string): Promise<TaskRun> {
  const run = await deps.runQueries.byId(id);
  if (run && maySee(principal, run.source)) {
    about({ source: run.source, target: id });
    return run;
  }
  throw notFound(`There is no run "${id.slice(0, 64)}".`);
}

export function viewRun({ deps }: AnyRequest, run: TaskRun): object {
  return presentRun(run, deps.jobs.entry(run.source, run.jobKey)?.spec ?? null);
}

/** With its attempts. */
export async function viewWholeRun({ deps }: AnyRequest, run: TaskRun): Promise<object> {
  const attempts = await deps.runQueries.attempts(run.id);
  return presentRun(run, deps.jobs.entry(run.source, run.jobKey)?.spec ?? null, attempts);
}

/** 202 with the run's address, at once or, with `Prefer: wait=N`, when it has ended or N seconds have passed. */
export async function answerTriggered(call: AnyRequest, run: TaskRun): Promise<Reply> {
  const seconds = waitOf(call.header("Prefer"));
  const waits = seconds > 0 && !(FINAL_STATES as readonly string[]).includes(run.state);
  const shown = waits ? await call.deps.runs.waitForEnd(run.id, seconds * 1000, call.gone()) : run;
  return {
    status: 202,
    resourceId: run.id,
    headers: {
      Location: `${BASE}/runs/${run.id}`,
      ...(seconds > 0 ? { "Preference-Applied": `wait=${seconds}` } : {}),
    },
    body: viewRun(call, shown),
  };
}

/** Seconds of `wait=N` (RFC 7240); 0 when it is not asked for. What is not understood is ignored, as the RFC says. */
function waitOf(prefer: string): number {
  const match = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?(?=$|[,;\s])/i.exec(prefer);
  return match ? Math.min(Number(match[1]), MAX_WAIT_SECONDS) : 0;
}
