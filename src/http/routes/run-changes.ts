// Routes that change a run: cancel it, or do it again.
import type { Call } from "../context.ts";
import { CancelBody, RetryBody } from "../dto/run-bodies.ts";
import { noContent, type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { answerTriggered, findRun, viewRun, viewWholeRun } from "./run-replies.ts";

export const runChangeRoutes = [
  route({
    method: "POST",
    path: `${BASE}/runs/:id/cancel`,
    role: "operator",
    summary: "Ends a run at whatever it is; one that runs gets its abort signal, then SIGTERM, then SIGKILL",
    body: CancelBody,
    bodyOptional: true,
    replies: { 202: "Run" },
    async handle(call) {
      const { deps, principal, body, idempotency } = call;
      const { id } = await findRun(call, call.params["id"] ?? "");
      await deps.runs.cancel(id, { by: principal.name, note: body.reason ?? null, request: idempotency });
      return answerCancelled(call, id);
    },
    replay: (call, id) => answerCancelled(call, id),
  }),
  route({
    method: "POST",
    path: `${BASE}/runs/:id/retry`,
    role: "operator",
    summary: "Does a run that has ended again, as a new run; with onlyFailedRecords just what it refused",
    body: RetryBody,
    bodyOptional: true,
    takes: ["Prefer"],
    audit: "after",
    replies: { 202: "Run" },
    async handle(call) {
      const { deps, principal, body, idempotency } = call;
      const of = await findRun(call, call.params["id"] ?? "");
      const actor = { type: principal.type, name: principal.name };
      return answerTriggered(call, await deps.runs.retry(of, { ...body, actor, idempotency }));
    },
    async replay(call, id) {
      return answerTriggered(call, await findRun(call, id));
    },
  }),
  route({
    method: "DELETE",
    path: `${BASE}/runs/:id`,
    role: "admin",
    summary: "Removes a run that has ended, with its log and refused records; 409 for one that was skipped",
    replies: { 204: null },
    async handle(call) {
      const run = await findRun(call, call.params["id"] ?? "");
      call.about({ before: viewRun(call, run) });
      await call.deps.runs.remove(run);
      return noContent;
    },
  }),
];

async function answerCancelled(call: Call<object, object>, id: string): Promise<Reply> {
  const run = await findRun(call, id);
  return { status: 202, resourceId: id, body: await viewWholeRun(call, run) };
}
