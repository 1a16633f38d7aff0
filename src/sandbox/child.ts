// The child process: waits for one order, imports the bundle, runs one attempt or describes the job, tells how it ended.
import { getEventListeners as listenersOf } from "node:events";
import { rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { runAttempt } from "../sdk/attempt.ts";
import { isPermanent, retryDelayOf } from "../sdk/errors.ts";
import "../sdk/index.ts";
import { MAX_RESULT_BYTES } from "../sdk/limits.ts";
import type { CheckSchema } from "../sdk/spec.ts";
import { Describing } from "./child-describe.ts";
import { toldError } from "./child-errors.ts";
import { type BundleOrder, contextOf, importBundle } from "./child-load.ts";
import { captureStream, Outgoing, send } from "./child-out.ts";
import { ChildQueue, mayFollow } from "./child-queue.ts";
import { rehearse } from "./child-rehearsal.ts";
import { outIsOther } from "./descriptors.ts";
import { FilesLeft } from "./files-left.ts";
import { FrameDecoder } from "./frames.ts";
import { type Rest, RestingState, restOfLast } from "./leftovers.ts";
import {
  type AttemptOrder,
  IN_FD,
  NO_PIPE,
  PROTOCOL_VERSION,
  recallFile,
  type ToChild,
  type ToldEnd,
} from "./protocol.ts";
import { ChangedBundle } from "./sealed.ts";

const exit = process.exit.bind(process);
// Taken before any job runs: a job may replace these for itself, not for us.
const [later, never] = [globalThis.setTimeout, globalThis.clearTimeout];
const elapsed = performance.now.bind(performance);
const LISTENING_MS = 200;
/** The child starts in its temp folder; the working folder may be changed by a job, this is not. */
const TEMP_DIR = process.cwd();
const files = new FilesLeft(TEMP_DIR);
const control = new Socket({ fd: IN_FD, readable: true, writable: false });
const decoder = new FrameDecoder(64 * 1024 * 1024);

let loaded: { path: string; module: { Job?: unknown }; follows: boolean } | undefined;
let resting: RestingState | undefined;
interface Running {
  n: number;
  order: AttemptOrder;
  abort: AbortController;
  out: Outgoing;
  from: number;
  phase: "import" | "execute";
}
let running: Running | undefined;
/** Nothing is left that could still happen. */
let dry = false;
/** Keeps an attempt alive that waits for its abort alone. */
let listening: NodeJS.Timeout | undefined;
const describing = new Describing(control, (bundlePath, resolveFrom) => {
  dry = false;
  return load({ bundlePath, resolveFrom });
});
const queue = new ChildQueue(
  recallFile(TEMP_DIR),
  ({ n, attempt: order }) => void attempt(n, order),
  (from) => send({ t: "recalled", from }),
);

const flushStdout = captureStream("stdout", (line) => running?.out.line(line));
const flushStderr = captureStream("stderr", (line) => running?.out.line(line));

control.on("data", (chunk: Buffer) => {
  for (const frame of decoder.push(chunk)) take(frame as ToChild);
});
// The service is gone: so are we.
control.on("end", () => exit(0));
control.on("error", () => exit(0));

process.on("uncaughtException", (error, origin) => fatal(error, origin));
process.on("beforeExit", () => {
  // Whoever listens for the abort waits for something that may still happen: looked at again and again, since it may stop.
  dry = !running || running.phase !== "execute" || listenersOf(running.abort.signal, "abort").length === 0;
  if (!dry) listening = later(() => undefined, LISTENING_MS);
});
process.on("exit", () => exiting());

function take(message: ToChild): void {
  if (message.t === "start") queue.take(message);
  else if (message.t === "warm") {
    // What goes wrong in it goes wrong in an attempt too, and is told there.
    rehearse(() => running !== undefined || loaded !== undefined).catch(() => undefined);
  } else if (message.t === "abort") {
    // It may have ended meanwhile, and the next one begun.
    if (running?.n === message.n)
      running.abort.abort(new Error(`the run was asked to end: ${message.reason}`));
  } else void describing.describe(message.bundlePath, message.resolveFrom);
}

async function attempt(n: number, order: AttemptOrder): Promise<void> {
  const out = new Outgoing(order.outputBytes);
  const abort = new AbortController();
  const mine: Running = { n, order, abort, out, from: elapsed(), phase: "import" };
  running = mine;
  dry = false;
  // A job that waits for nothing that could ever happen ends its process, instead of hanging until its time is up.
  control.unref();
  const end = await settle(order, abort.signal, out);
  finish(mine, end);
}

async function settle(order: AttemptOrder, signal: AbortSignal, out: Outgoing): Promise<ToldEnd> {
  let Job: unknown;
  try {
    Job = (await load(order)).Job;
  } catch (error) {
    const changed = error instanceof ChangedBundle;
    return { kind: "load", error: toldError(error, order.bundlePath), changed };
  }
  // The import is paid once by each child; how long attempts take is counted without it.
  if (running) Object.assign(running, { from: elapsed(), phase: "execute" });
  try {
    // Asked to end before it began: nothing of it runs.
    signal.throwIfAborted();
    const result = await runAttempt(
      Job,
      contextOf(order, signal, (event) => out.take(event)),
      {
        checkSchema: order.resultSchema ? await schemaCheck() : undefined,
      },
    );
    if (!result.ok) {
      const { pointer, message, raw } = result;
      return { kind: "invalid_result", pointer, message, raw: bounded(raw) };
    }
    return { kind: "result", counts: result.counts, details: result.details };
  } catch (error) {
    return {
      kind: "error",
      error: toldError(error, order.bundlePath),
      permanent: isPermanent(error),
      retryAfterMs: retryDelayOf(error) ?? null,
    };
  }
}

/** It is shown beside the reason; the frame that carries it has an end. */
function bounded(raw: unknown): unknown {
  return Buffer.byteLength(JSON.stringify(raw ?? null)) <= MAX_RESULT_BYTES ? raw : "[too much to be kept]";
}

const NOTHING_LOADED: Rest = { leftovers: ["nothing was loaded"], made: true, bytes: 0 };

function finish({ n, out, from, order: { alone } }: Running, end: ToldEnd): void {
  flushStdout();
  flushStderr();
  out.close();
  running = undefined;
  never(listening);
  // What is told now would go somewhere else, and the service would wait until its time is up.
  if (outIsOther()) exit(NO_PIPE);
  control.ref();
  const rest = alone ? restOfLast() : (resting?.look() ?? NOTHING_LOADED);
  const follows = loaded?.follows ?? false;
  // Those that follow at once cannot wait until somebody has looked for its processes.
  if (rest.made && follows) rest.leftovers.push("processes that it made");
  const told = { t: "end", end } as const;
  const left = rest.leftovers.length === 0 && !alone ? files.left() : [];
  if (left.length > 0) {
    // Removing them takes its time, and may fail: the end of the attempt is told before it.
    send(told);
    // The attempt's own folder and TMPDIR go before the next one starts here.
    if (!left.every(isRemoved)) rest.leftovers.push("files that cannot be removed");
  }
  const idle = { t: "idle", n, ...rest, tookMs: elapsed() - from, follows } as const;
  send(...(left.length > 0 ? [] : [told]), idle);
  // With something left behind, this child runs nothing more.
  if (rest.leftovers.length === 0 && !alone) queue.next();
}

function isRemoved(name: string): boolean {
  try {
    rmSync(join(TEMP_DIR, name), { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** Thrown outside of `execute`'s promise (a timer, an event, a rejection nobody awaits): the attempt ends with it. */
function fatal(error: unknown, origin: string): void {
  if (!running) {
    describing.lost(error, origin);
    return exit(1);
  }
  const { order, out } = running;
  const told = toldError(error, order.bundlePath);
  const message = origin === "unhandledRejection" ? `unhandled rejection: ${told.message}` : told.message;
  flushStdout();
  flushStderr();
  out.close();
  running = undefined;
  send({
    t: "end",
    end: { kind: "error", error: { ...told, message }, permanent: isPermanent(error), retryAfterMs: null },
  });
  exit(1);
}

/** The process ends in the middle of an attempt: what waits to be sent goes out, and where it was. */
function exiting(): void {
  describing.exiting(dry);
  if (!running) return;
  flushStdout();
  flushStderr();
  running.out.flush();
  send({ t: "exiting", phase: running.phase, dry });
}

async function load(order: BundleOrder & Partial<Pick<AttemptOrder, "alone" | "env">>) {
  if (loaded?.path === order.bundlePath) return loaded.module;
  Object.assign(process.env, order.env);
  const module = await importBundle(order);
  const { bundlePath: path, alone = false } = order;
  loaded = { path, module, follows: !alone && mayFollow(path) };
  if (alone) return module;
  // As at rest: only what keeps the process alive is counted, and then our own pipe is among it.
  control.ref();
  resting = new RestingState();
  if (running) control.unref();
  return module;
}

async function schemaCheck(): Promise<CheckSchema> {
  return (await import("../json-schema.ts")).checkSchemaWithin(2_000);
}

send({ t: "ready", version: PROTOCOL_VERSION });
