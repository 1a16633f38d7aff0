// Builds the router from the table of routes: each request passes the same few steps in the same order.
import { Router } from "@koa/router";
import type { Middleware } from "koa";
import { ExpectedError, notFound } from "../errors.ts";
import type { AnyCall, FaceContext, FaceState } from "./context.ts";
import { type EventSink, EVENT_STREAM_HEADERS, eventStream } from "./event-stream.ts";
import { parseBody } from "./dto/parse-body.ts";
import { audited } from "./middleware/audit.ts";
import { authorize, tooManyTries } from "./middleware/authenticate.ts";
import { once } from "./middleware/idempotency.ts";
import { readJsonBody } from "./middleware/read-body.ts";
import type { FaceDeps } from "./ports.ts";
import { headersTaken } from "./openapi/operation.ts";
import { isOwnOrigin } from "./session-cookie.ts";
import { readQuery } from "./query.ts";
import type { Reply } from "./reply.ts";
import { checkRoutes, type Format, type HeaderName, type Route } from "./route.ts";

/** Throws when a route declares no least role (A2). Of two routes that fit one path, the first of the table is taken. */
export function buildRouter(routes: readonly Route[], deps: FaceDeps): Router<FaceState> {
  checkRoutes(routes);
  const router = new Router<FaceState>({ sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], (ctx: FaceContext) => serve(route, deps, ctx));
  }
  return router;
}

/** After the router: nothing has this path, or nothing has it with this method. */
export function unmatched(router: Router<FaceState>): Middleware<FaceState> {
  return (ctx) => {
    const path = ctx.path.slice(0, 200);
    const methods = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods);
    if (methods.length === 0) throw notFound(`There is nothing at ${path}.`);
    const allowed = [...new Set(methods)].join(", ");
    ctx.set("Allow", allowed);
    throw new ExpectedError(405, "method", `${ctx.method} is not possible at ${path}; allowed: ${allowed}.`);
  };
}

async function serve(route: Route, deps: FaceDeps, ctx: FaceContext): Promise<void> {
  ctx.state.route = route;
  ctx.state.subject = { target: Object.values(ctx.params)[0] };
  const principal = authorize(route, ctx.state.principal);
  const query = readQuery(route.query ?? {}, ctx.search, deps.clock.now());
  const body = route.body ? await bodyOf(route, ctx) : {};
  const call: AnyCall = {
    deps,
    principal,
    params: ctx.params,
    query,
    body,
    header: (name) => declaredHeader(route, ctx, name),
    format: () => formatOf(route, ctx),
    url: ctx.url,
    about: (subject) => void (ctx.state.subject = { ...ctx.state.subject, ...subject }),
    client: ctx.state.client!,
    foreignPage:
      ctx.get("Origin") !== "" && !isOwnOrigin(ctx.get("Origin"), ctx.get("Host"), deps.publicUrl()),
    tooMany: (waitMs) => tooManyTries(ctx, waitMs),
    gone: () => {
      const controller = new AbortController();
      ctx.res.once("close", () => controller.abort());
      return controller.signal;
    },
  };
  send(deps, ctx, await audited(route, call, ctx, () => once(route, call)));
}

/** The contract tells which headers a route looks at, so it can look at no others. */
function declaredHeader(route: Route, ctx: FaceContext, name: HeaderName): string {
  if (headersTaken(route).includes(name)) return ctx.get(name);
  throw new Error(`${route.method} ${route.path} looks at ${name} and does not declare it in takes`);
}

function formatOf(route: Route, ctx: FaceContext): Format | "application/json" {
  const json = "application/json";
  const others = Object.keys(route.formats ?? {}) as Format[];
  const best = ctx.accepts(json, ...others);
  return best ? (best as Format | typeof json) : json;
}

async function bodyOf(route: Route, ctx: FaceContext): Promise<object> {
  const raw = await readJsonBody(ctx.req, route.bodyTypes);
  if (raw === undefined && !route.bodyOptional) {
    throw new ExpectedError(400, "malformed", "The request has no body; a JSON object is needed.");
  }
  return parseBody(route.body!, raw === undefined ? {} : raw);
}

function send(deps: FaceDeps, ctx: FaceContext, reply: Reply): void {
  ctx.status = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) ctx.set(name, value);
  if (reply.events) return sendEvents(deps, ctx, reply.events);
  if (reply.text !== undefined) {
    ctx.set("Content-Type", reply.type ?? "text/plain; charset=utf-8");
    ctx.body = reply.text;
  } else if (reply.body !== undefined) {
    ctx.set("Content-Type", "application/json; charset=utf-8");
    ctx.body = JSON.stringify(reply.body);
  }
}

function sendEvents(
  { access, eventHeartbeatMs }: FaceDeps,
  ctx: FaceContext,
  begin: (sink: EventSink) => void,
): void {
  const { principal } = ctx.state;
  const stillAllowed = () => (principal ? access.stillHolds(principal) : Promise.resolve(true));
  ctx.set(EVENT_STREAM_HEADERS);
  if (ctx.method === "HEAD") return;
  const { stream, sink } = eventStream({ stillAllowed, heartbeatMs: eventHeartbeatMs });
  ctx.body = stream;
  begin(sink);
}
