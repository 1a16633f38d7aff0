// Builds the router from the table of routes: each request passes the same few steps in the same order.
import { Router } from "@koa/router";
import type { Middleware } from "koa";
import { ExpectedError, type FieldError, invalid, notFound } from "../errors.ts";
import type { AnyCall, FaceContext, FaceState } from "./context.ts";
import { type EventSink, EVENT_STREAM_HEADERS, eventStream } from "./event-stream.ts";
import { isPlainObject, parseBody } from "./dto/parse-body.ts";
import { audited } from "./middleware/audit.ts";
import { authorize, tooManyTries } from "./middleware/authenticate.ts";
import { once } from "./middleware/idempotency.ts";
import { readJsonBody } from "./middleware/read-body.ts";
import type { FaceDeps } from "./ports.ts";
import { headersTaken } from "./openapi/operation.ts";
import { isOwnOrigin } from "./session-cookie.ts";
import { readQuery } from "./query.ts";
import { OpenStreams } from "./open-streams.ts";
import type { Reply } from "./reply.ts";
import { tooMuchIn } from "./too-much.ts";
import { checkRoutes, type Format, type HeaderName, type Route } from "./route.ts";

/** Throws when a route declares no least role (A2). Of two routes that fit one path, the first of the table is taken. */
export function buildRouter(routes: readonly Route[], deps: FaceDeps): Router<FaceState> {
  checkRoutes(routes);
  const router = new Router<FaceState>({ sensitive: true });
  const streams = new OpenStreams();
  for (const route of routes) {
    router.register(route.path, [route.method], (ctx: FaceContext) => serve(streams, route, deps, ctx));
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

async function serve(streams: OpenStreams, route: Route, deps: FaceDeps, ctx: FaceContext): Promise<void> {
  ctx.state.route = route;
  ctx.state.subject = { target: Object.values(ctx.params)[0] };
  const principal = authorize(route, ctx.state.principal);
  const query = readQuery(route.query ?? {}, ctx.search, deps.clock.now());
  refuseUnheeded(route, ctx);
  const callWith = (body: object): AnyCall => ({
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
  });
  const call = callWith(route.body ? await bodyOf(route, ctx, callWith) : {});
  const reply = await audited(route, call, ctx, () => once(route, call)).catch((error: unknown) => {
    throw tooMuchIn(call.body, error);
  });
  send(streams, deps, ctx, reply);
}

/**
 * A condition that is not heeded is worse than none: whoever sends it relies on it. What has no ETag has none that could
 * match, so the condition is false and nothing may be done (RFC 9110, 13.1.1).
 */
function refuseUnheeded(route: Route, ctx: FaceContext): void {
  if (route.method === "GET") return;
  const { "if-match": match, "idempotency-key": key } = ctx.req.headers;
  if (match !== undefined && match.trim() !== "*" && !headersTaken(route).includes("If-Match")) {
    const message = `${route.method} ${route.path} compares no ETag, so none can match. Leave If-Match out, or send *.`;
    throw new ExpectedError(412, "if_match", message);
  }
  if (key === undefined || String(key).trim() !== "") return;
  const message = "Idempotency-Key is empty. Send 1 to 255 visible ASCII characters, or leave it out.";
  throw new ExpectedError(400, "idempotency_key", message);
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

async function bodyOf(route: Route, ctx: FaceContext, callWith: (body: object) => AnyCall): Promise<object> {
  let raw: unknown;
  try {
    raw = await readJsonBody(ctx.req, route.bodyTypes);
    if (raw === undefined && !route.bodyOptional) {
      throw new ExpectedError(400, "malformed", "The request has no body; a JSON object is needed.");
    }
    return parseBody(route.body!, raw === undefined ? {} : raw);
  } catch (error) {
    // Preconditions go before what a body says, and after what refuses it unread (RFC 9110, 13.2.1).
    if (isOfContent(error)) await route.precondition?.(callWith({}));
    throw withWhatElse(route, error, raw, callWith);
  }
}

function isOfContent(error: unknown): boolean {
  return error instanceof ExpectedError && (error.status === 400 || error.status === 422);
}

/** Whoever has four fields wrong wants to hear of four. */
function withWhatElse(
  route: Route,
  error: unknown,
  body: unknown,
  callWith: (body: object) => AnyCall,
): unknown {
  if (!route.alsoWrong || !(error instanceof ExpectedError) || !isPlainObject(body)) return error;
  const fieldOf = ({ pointer }: FieldError) => pointer.split("/")[1] ?? "";
  const refused = new Set(error.fields.map(fieldOf));
  if (refused.has("") || refused.size === 0) return error;
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !refused.has(name)));
  // What lacks may lack because it was refused: that is said once the rest is right.
  const also = route
    .alsoWrong(callWith(rest))
    .filter((one) => one.code !== "required" && !refused.has(fieldOf(one)));
  return also.length === 0 ? error : invalid([...error.fields, ...also]);
}

function send(streams: OpenStreams, deps: FaceDeps, ctx: FaceContext, reply: Reply): void {
  ctx.status = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    ctx.set(name, withPrefix(name, value, deps.basePath ?? ""));
  if (reply.events) return sendEvents(streams, deps, ctx, reply.events);
  if (reply.text !== undefined) {
    ctx.set("Content-Type", reply.type ?? "text/plain; charset=utf-8");
    ctx.body = reply.text;
  } else if (reply.body !== undefined) {
    ctx.set("Content-Type", "application/json; charset=utf-8");
    ctx.body = JSON.stringify(reply.body);
  }
}

/** Routes know nothing of the prefix of a proxy; whoever follows an address needs it. */
function withPrefix(name: string, value: string, basePath: string): string {
  if (name === "Location" && value.startsWith("/")) return `${basePath}${value}`;
  return name === "Link" ? value.replace(/^<\//, `<${basePath}/`) : value;
}

function sendEvents(
  streams: OpenStreams,
  { access, clock, eventHeartbeatMs }: FaceDeps,
  ctx: FaceContext,
  begin: (sink: EventSink) => void,
): void {
  const { principal } = ctx.state;
  const close = ctx.method === "HEAD" ? () => undefined : streams.open(principal ?? { id: "nobody" });
  ctx.res.once("close", close);
  const stillAllowed = () => (principal ? access.stillHolds(principal) : Promise.resolve(true));
  ctx.set(EVENT_STREAM_HEADERS);
  if (ctx.method === "HEAD") return;
  const { stream, sink } = eventStream({ stillAllowed, heartbeatMs: eventHeartbeatMs });
  ctx.body = stream;
  if (principal) {
    sink.onEnd(access.ended.listen(principal, () => sink.end()));
    const until = Math.min(principal.expiresAt ?? Infinity, principal.sessionExpiresAt ?? Infinity);
    sink.onEnd(endAfter(until - clock.now(), sink));
  }
  begin(sink);
}

/** The longest that a timer takes; nobody reads a stream for so long. */
const LONGEST_MS = 2 ** 31 - 1;

function endAfter(ms: number, sink: EventSink): () => void {
  if (ms > LONGEST_MS) return () => undefined;
  const timer = setTimeout(() => sink.end(), Math.max(0, ms)).unref();
  return () => clearTimeout(timer);
}
