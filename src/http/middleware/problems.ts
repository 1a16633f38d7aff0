// The outermost middleware: gives each request its id, and turns whatever is thrown into problem+json.
import type { Middleware, ParameterizedContext } from "koa";
import type { Clock } from "../../clock.ts";
import { newId } from "../../ids.ts";
import type { Logger } from "../../log.ts";
import type { FaceState } from "../context.ts";
import type { Reply } from "../reply.ts";
import { headersOf, PROBLEM_TYPE, problemOf } from "../problem.ts";

/** A caller's own id is kept, so that its log and ours can be laid side by side. */
const FOREIGN_ID = /^[\w.:-]{1,64}$/;

export function problems(log: Logger, clock: Clock): Middleware<FaceState> {
  return async (ctx, next) => {
    const foreign = ctx.get("X-Request-Id");
    const requestId = FOREIGN_ID.test(foreign) ? foreign : newId("req", clock.now());
    ctx.state.requestId = requestId;
    ctx.set("X-Request-Id", requestId);
    ctx.set("X-Content-Type-Options", "nosniff");
    ctx.set("Cache-Control", "no-store");
    try {
      await next();
    } catch (thrown) {
      const { problem, unexpected } = problemOf(thrown, requestId);
      if (unexpected) {
        log.error(
          { requestId, method: ctx.method, path: ctx.path, error: thrown },
          "a request failed on our side",
        );
      }
      ctx.status = problem.status;
      for (const [name, value] of Object.entries(headersOf(problem)))
        if (!ctx.res.hasHeader(name)) ctx.set(name, value);
      const page = pageOf(ctx, problem.detail);
      for (const [name, value] of Object.entries(page?.headers ?? {})) ctx.set(name, value);
      if (page) {
        ctx.set("Content-Type", page.type!);
        ctx.body = page.text;
        return;
      }
      ctx.set("Content-Type", PROBLEM_TYPE);
      ctx.body = JSON.stringify(problem);
    }
  };
}

function pageOf(ctx: ParameterizedContext<FaceState>, message: string): Reply | undefined {
  const { route } = ctx.state;
  if (!route?.refusalPage || ctx.accepts("application/json", "text/html") !== "text/html") return undefined;
  return route.refusalPage(message);
}
