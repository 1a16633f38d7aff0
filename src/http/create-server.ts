// Puts the face together: the middleware in its order, and the routes. Listening is server.ts.
import Koa from "koa";
import { ExpectedError } from "../errors.ts";
import { clientReader } from "./client.ts";
import type { FaceState } from "./context.ts";
import { auditRefusals } from "./middleware/audit.ts";
import { authenticate, type Door } from "./middleware/authenticate.ts";
import { problems } from "./middleware/problems.ts";
import { closeUnread } from "./middleware/unread-body.ts";
import type { FaceDeps } from "./ports.ts";
import type { Route } from "./route.ts";
import { buildRouter, unmatched } from "./router.ts";
import { routes as allRoutes } from "./routes/index.ts";
import { servePage, withoutBase } from "./static.ts";

/** What a connection that ends early throws: normal, and nothing to read in a log. */
const GONE = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"]);

/**
 * The Koa application of one door. Through `network` every request below the base needs a token; `local` is for the
 * service's own socket and takes everybody for an admin. Throws when a route declares no least role (A2).
 */
export function createServer(
  deps: FaceDeps,
  door: Door = "network",
  routes: readonly Route[] = allRoutes,
): Koa<FaceState> {
  const router = buildRouter(routes, deps);
  const app = new Koa<FaceState>();
  app.on("error", (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? "")) deps.log.error({ error }, "a reply could not be sent");
  });
  app.use(closeUnread());
  app.use(problems(deps.log, deps.clock));
  app.use(async (ctx, next) => {
    if (deps.health.draining()) {
      ctx.set("Connection", "close");
      if (!stillServed(ctx.method, ctx.path))
        throw new ExpectedError(503, "draining", "The service is shutting down. Ask again in a moment.");
    }
    await next();
  });
  app.use(async (ctx, next) => {
    const began = performance.now();
    // When the answer has gone, or who asked has: an event stream would count as hours.
    ctx.res.once("close", () => {
      const { route } = ctx.state;
      if (ctx.response.type === "text/event-stream") return;
      deps.metrics.request(ctx.method, route?.path ?? "none", ctx.status, (performance.now() - began) / 1000);
    });
    await next();
  });
  if (deps.basePath) app.use(withoutBase(deps.basePath));
  if (deps.page && door === "network") app.use(servePage(deps.page));
  const clientOf = clientReader(deps.trustedProxies);
  app.use(async (ctx, next) => {
    ctx.state.client = clientOf(ctx.req);
    await next();
  });
  app.use(auditRefusals(deps));
  app.use(authenticate(deps, door));
  app.use(router.routes());
  app.use(unmatched(router));
  return app;
}

/** While attempts are still ending: what only reads, and the end of a run. */
function stillServed(method: string, path: string): boolean {
  return method === "GET" || method === "HEAD" || (method === "POST" && /\/runs\/[^/]+\/cancel$/.test(path));
}
