// Idempotency-Key (A1): the same request sent again is answered by what the first one made, rendered anew.
import { createHmac } from "node:crypto";
import { conflict, ExpectedError } from "../../errors.ts";
import { changes } from "../audit-words.ts";
import type { AnyCall } from "../context.ts";
import type { FaceDeps, IdempotencyRef } from "../ports.ts";
import type { Reply } from "../reply.ts";
import type { Route } from "../route.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Runs the route once for each key; without a key, or for routes that make nothing, simply runs it. */
export async function once(route: Route, call: AnyCall): Promise<Reply> {
  // What only asks makes nothing that could be found again.
  if (route.method !== "POST" || !route.replay || !changes(route, call.body)) return route.handle(call);
  const key = call.header("Idempotency-Key");
  if (key === "") return route.handle(call);
  if (!KEY.test(key)) {
    throw new ExpectedError(
      400,
      "idempotency_key",
      "Idempotency-Key must be 1 to 255 visible ASCII characters.",
    );
  }
  const { deps } = call;
  const ref: IdempotencyRef = { actor: call.principal.id, key, digest: digestOf(deps, route, call) };
  const state = await deps.idempotency.begin(ref, deps.clock.now());
  switch (state.kind) {
    case "first":
      return first(route, { ...call, idempotency: ref }, ref);
    case "done": {
      const reply = await replayed(() => route.replay!(call, state.resourceId));
      return { ...reply, headers: { ...reply.headers, "Idempotent-Replayed": "true" } };
    }
    case "other":
      throw new ExpectedError(
        422,
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request within the last 24 hours. Use a new one.",
      );
    case "running":
      throw conflict("idempotency_running", "The same request is still running. Ask again in a moment.");
  }
}

/** The same request did its work: to tell it that there is no such thing would make it try once more. */
async function replayed(replay: () => Promise<Reply> | Reply): Promise<Reply> {
  try {
    return await replay();
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.status !== 404) throw error;
    throw new ExpectedError(
      410,
      "idempotency_gone",
      "This request was done before, and what it made has been removed since. Use a new Idempotency-Key to make another one.",
    );
  }
}

async function first(route: Route, call: AnyCall, ref: IdempotencyRef): Promise<Reply> {
  const { idempotency, log } = call.deps;
  let reply: Reply;
  try {
    reply = await route.handle(call);
  } catch (error) {
    // Only a row without a result goes: an effect that was committed although its caller got an error stays found.
    await idempotency
      .abandon(ref)
      .catch((failure: unknown) => log.error({ error: failure }, "an idempotency key was not given back"));
    throw error;
  }
  try {
    await idempotency.finish(ref, reply.status, reply.resourceId ?? "");
  } catch (failure) {
    // The effect is committed, so the caller is told so.
    log.error({ error: failure }, "an idempotency key was not marked as done");
  }
  return reply;
}

/** Keyed, because a body may hold a secret that a plain hash would let somebody guess. */
function digestOf(deps: FaceDeps, route: Route, call: AnyCall): string {
  return createHmac("sha256", deps.idempotencyKey)
    .update(`${route.method}\n${call.url}\n${JSON.stringify(call.body)}`)
    .digest("hex");
}
