// Ends the connection behind an answer that was given before its request's body came to an end: node would read the
// rest of it, for as long as somebody sends. Closing at once would not do: bytes that nobody has read make the system
// reset the connection, and an answer on its way is lost. So the answer goes out whole, and what comes is thrown away
// for a moment, before the end.
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Middleware } from "koa";
import type { FaceState } from "../context.ts";
import { MAX_BODY_BYTES } from "./read-body.ts";

/** How long a client that still sends has for reading its answer. */
const LINGER_MS = 3_000;

/** The outermost one: it looks at the answer as it will be sent. */
export function closeUnread(): Middleware<FaceState> {
  return async (ctx, next) => {
    await next();
    const { req, body } = ctx;
    if (!hasMuchToCome(req) || body instanceof Readable) return;
    ctx.set("Connection", "close");
    if (typeof body !== "string" || body === "") return;
    const bytes = Buffer.from(body);
    ctx.body = endingWith(req, bytes);
    ctx.length = bytes.length;
  };
}

/** A small body is there in a moment, and its connection is worth keeping. */
function hasMuchToCome(req: IncomingMessage): boolean {
  if (req.complete) return false;
  return (
    req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"]) > MAX_BODY_BYTES
  );
}

/** The bytes at once, and their end when the request has ended or the time is over. */
function endingWith(req: IncomingMessage, bytes: Buffer): Readable {
  const out = new Readable({ read: () => undefined, destroy: (error, done) => (clear(), done(error)) });
  const end = () => (clear(), out.push(null));
  const timer = setTimeout(end, LINGER_MS);
  const clear = () => {
    clearTimeout(timer);
    req.off("end", end).off("close", end).off("error", end);
  };
  out.push(bytes);
  req.on("end", end).on("close", end).on("error", end);
  req.resume();
  return out;
}
