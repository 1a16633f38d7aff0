// Routes of backfills: runs for instants of the past, the state of such a batch, and its end.
import { maySee } from "../../access/principal.ts";
import { notFound } from "../../errors.ts";
import type { BatchSummary } from "../../runs/backfill.ts";
import type { Call } from "../context.ts";
import { BackfillBody } from "../dto/control-bodies.ts";
import { CancelBody } from "../dto/run-bodies.ts";
import { presentBackfill, presentBatch, presentMade } from "../present/batch.ts";
import { ok, type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { findRun } from "./run-replies.ts";
import { findSchedule, idOf } from "./schedule-replies.ts";

export const batchRoutes = [
  route({
    method: "POST",
    path: `${BASE}/schedules/:id/backfill`,
    role: "operator",
    summary: "A run for each instant of a past range that has not run; dryRun says how many",
    body: BackfillBody,
    replies: { 200: "Backfill", 202: "Backfill" },
    handle: (call) => startBackfill(call, call.body),
    /** The key of a request keeps the first run that it made. */
    async replay(call, runId) {
      if (call.body.dryRun) return startBackfill(call, call.body);
      const { batch } = runId === "" ? { batch: null } : await findRun(call, runId);
      if (batch) return accepted(batch, presentMade(await findBatch(call, batch)));
      const nothing = { batch: null, runs: 0, leftOut: 0, fires: [] };
      return ok(presentBackfill(idOf(call), nothing, false));
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/batches/:id`,
    role: "viewer",
    summary: "A backfill: its range, and how many of its runs are in which state",
    replies: { 200: "Batch" },
    async handle(call) {
      return ok(presentBatch(await findBatch(call, idOf(call))));
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/batches/:id/cancel`,
    role: "operator",
    summary: "Ends a backfill: what waits at once, what runs as a cancelled run does",
    body: CancelBody,
    bodyOptional: true,
    replies: { 202: "Batch" },
    async handle(call) {
      const { deps, principal, body } = call;
      const { batch } = await findBatch(call, idOf(call));
      const ended = await deps.backfills.cancel(batch, { by: principal.name, note: body.reason ?? null });
      return accepted(batch, { ...presentBatch(await findBatch(call, batch)), ...ended });
    },
    async replay(call) {
      return accepted(idOf(call), presentBatch(await findBatch(call, idOf(call))));
    },
  }),
];

async function startBackfill(call: Call<object, object>, body: BackfillBody): Promise<Reply> {
  const { deps, principal, idempotency } = call;
  const { id } = await findSchedule(call, idOf(call));
  const actor = { type: principal.type, name: principal.name };
  const answer = await deps.backfills.start(id, { ...body }, actor, idempotency);
  const shown = presentBackfill(id, answer, body.dryRun === true);
  return answer.batch === null ? ok(shown) : accepted(answer.batch, shown);
}

async function findBatch(
  { deps, principal, about }: Call<object, object>,
  id: string,
): Promise<BatchSummary> {
  const found = await deps.backfills.summary(id);
  if (maySee(principal, found.source)) {
    about({ source: found.source, target: id });
    return found;
  }
  throw notFound(`There is no batch "${id.slice(0, 64)}".`);
}

function accepted(batch: string, body: object): Reply {
  return { status: 202, body, headers: { Location: `${BASE}/batches/${batch}` } };
}
