// Every change and every refusal into the audit log (A2): the row of a change is there before the change is tried.
import type { Middleware } from "koa";
import { RUN_STATES } from "../../runs/task-run.ts";
import type { AuditEnd, NewAuditEvent } from "../../access/audit.ts";
import { ExpectedError } from "../../errors.ts";
import { actionOf, changes, detailOf } from "../audit-words.ts";
import { type Change, changeOf } from "../changes.ts";
import type { AnyCall, FaceContext, FaceState, Subject } from "../context.ts";
import type { FaceDeps } from "../ports.ts";
import type { Reply } from "../reply.ts";
import { BASE, type Route } from "../route.ts";

const MAX_TARGET = 400;

/** Outside of everything that may refuse. */
export function auditRefusals(deps: FaceDeps): Middleware<FaceState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const { route, auditId } = ctx.state;
      if (auditId === undefined && isRefusal(ctx.path, route, error)) {
        deps.audit.refused({
          ...known(ctx),
          action: route ? actionOf(route) : "access",
          target: shortTarget(ctx.state.subject?.target ?? `${ctx.method} ${ctx.path}`),
          outcome: "refused",
          status: error.status,
          code: error.code,
          detail: null,
        });
      }
      throw error;
    }
  };
}

/** Runs a route that changes something, with its row before and after. */
export async function audited(
  route: Route,
  call: AnyCall,
  ctx: FaceContext,
  run: () => Promise<Reply>,
): Promise<Reply> {
  if (!changes(route, call.body)) return run();
  const reply = await recorded(route, call, ctx, run);
  const hint = hintOf(route, ctx.state.subject, reply);
  if (hint?.kind === "run") call.deps.changes.tellIfUntold(hint);
  else if (hint) call.deps.changes.tell(hint);
  return reply;
}

/** What pages are told of a change: of what was made, else of what it was done to. */
function hintOf(route: Route, subject: Subject | undefined, reply: Reply): Change | undefined {
  const id = made(subject, reply) ?? subject?.target ?? null;
  const change = changeOf(actionOf(route), subject?.source ?? null, id);
  if (change?.kind !== "run" || change.id === null) return change;
  const { state, job } = (reply.body ?? {}) as { state?: unknown; job?: unknown };
  return {
    ...change,
    ...(typeof job === "string" ? { job } : {}),
    ...((RUN_STATES as readonly unknown[]).includes(state) ? { state: state as string } : {}),
  };
}

async function recorded(
  route: Route,
  call: AnyCall,
  ctx: FaceContext,
  run: () => Promise<Reply>,
): Promise<Reply> {
  const { audit } = call.deps;
  const target = ctx.state.subject?.target;
  const asked = {
    ...known(ctx),
    action: actionOf(route),
    target: target === undefined ? null : shortTarget(target),
  };
  const input = detailOf(call.body);
  if (route.audit === "after") {
    // What keeps its actor in its own row, in the transaction of its effect: nobody waits for a second one.
    const reply = await run();
    const { made } = ctx.state.subject ?? {};
    audit.note({
      ...asked,
      ...doneEnd(ctx, asked, reply),
      detail: made ? detailOf(call.body, { made }) : input,
    });
    return reply;
  }
  await route.admit?.(call);
  const id = await audit.begin({ ...asked, detail: input });
  ctx.state.auditId = id;
  try {
    const reply = await run();
    await audit.end(id, {
      ...doneEnd(ctx, asked, reply),
      detail: detailOf(call.body, ctx.state.subject, reply),
    });
    return reply;
  } catch (error) {
    await audit.end(id, { ...refusedEnd(ctx, asked, error), detail: input });
    throw error;
  }
}

type Asked = Pick<NewAuditEvent, "actor" | "address" | "requestId" | "source" | "action" | "target">;

/** Who asks, from where, and the source that is concerned as far as it is known. */
function known(ctx: { state: FaceState }): Pick<NewAuditEvent, "actor" | "address" | "requestId" | "source"> {
  const { principal, client, requestId, subject } = ctx.state;
  const own = principal?.sources;
  return {
    actor: principal
      ? { type: principal.type, id: principal.id, name: principal.name, role: principal.role }
      : null,
    address: client?.address ?? null,
    requestId,
    source: subject?.source ?? (own?.length === 1 ? own[0]! : null),
  };
}

function doneEnd(ctx: FaceContext, asked: Asked, reply: Reply): Omit<AuditEnd, "detail"> {
  const { subject } = ctx.state;
  const replayed = reply.headers?.["Idempotent-Replayed"] === "true";
  return {
    source: subject?.source ?? asked.source,
    target: made(subject, reply) ?? asked.target,
    outcome: "done",
    status: reply.status,
    code: replayed ? "replayed" : null,
  };
}

function made(subject: Subject | undefined, reply: Reply): string | undefined {
  const target = reply.resourceId ?? subject?.target;
  return target === undefined || target === "" ? undefined : shortTarget(target);
}

function refusedEnd(ctx: FaceContext, asked: Asked, error: unknown): Omit<AuditEnd, "detail"> {
  const refused = error instanceof ExpectedError && error.status < 500;
  const { subject } = ctx.state;
  return {
    source: subject?.source ?? asked.source,
    target: subject?.target === undefined ? asked.target : shortTarget(subject.target),
    outcome: refused ? "refused" : "failed",
    status: error instanceof ExpectedError ? error.status : 500,
    code: error instanceof ExpectedError ? error.code : "internal",
  };
}

/** Refused rights always; anything else only where something was to be changed. */
function isRefusal(path: string, route: Route | undefined, error: unknown): error is ExpectedError {
  if (!(error instanceof ExpectedError) || error.status >= 500) return false;
  const rights = error.status === 401 || error.status === 403 || error.status === 429;
  const inside = path === BASE || path.startsWith(`${BASE}/`) || path === "/metrics";
  if (rights) return inside || route !== undefined;
  return route !== undefined && changes(route, {});
}

function shortTarget(text: string): string {
  return text.length > MAX_TARGET ? `${text.slice(0, MAX_TARGET - 1)}…` : text;
}
