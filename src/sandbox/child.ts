// The child process: waits for one order, imports the bundle, runs one attempt or describes the job, tells how it ended.
import { getEventListeners as listenersOf } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { runAttempt } from "../sdk/attempt.ts";
import type { AttemptContext } from "../sdk/context.ts";
import { isPermanent, PermanentError, retryDelayOf } from "../sdk/errors.ts";
import "../sdk/index.ts";
import { MAX_RESULT_BYTES } from "../sdk/limits.ts";
import type { CheckSchema } from "../sdk/spec.ts";
import { toldError } from "./child-errors.ts";
import { captureStream, Outgoing, send } from "./child-out.ts";
import { ChildQueue, mayFollow } from "./child-queue.ts";
import { FrameDecoder } from "./frames.ts";
import { RestingState } from "./leftovers.ts";
import {
  type AttemptOrder,
  IN_FD,
  PROTOCOL_VERSION,
  recallFile,
  type ToChild,
  type ToldEnd,
} from "./protocol.ts";

const exit = process.exit.bind(process);
// Taken before any job runs: a job may replace these for itself, not for us.
const [later, never] = [globalThis.setTimeout, globalThis.clearTimeout];
const LISTENING_MS = 200;
/** The child starts in its temp folder; the working folder may be changed by a job, this is not. */
const TEMP_DIR = process.cwd();
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
/** The bundle that is imported to be described. */
let describing: string | undefined;
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
  else if (message.t === "warm") void warmUp();
  else if (message.t === "abort") {
    // It may have ended meanwhile, and the next one begun.
    if (running?.n === message.n)
      running.abort.abort(new Error(`the run was asked to end: ${message.reason}`));
  } else void describe(message.bundlePath, message.resolveFrom);
}

/** A spare has time: the loader and its threads, and the look at what is there at rest, are there when an order comes. */
async function warmUp(): Promise<void> {
  process.setSourceMapsEnabled(true);
  await import("./keeper.ts");
  if (running || loaded) return;
  new RestingState();
  new Outgoing(1).close();
}

async function attempt(n: number, order: AttemptOrder): Promise<void> {
  const out = new Outgoing(order.outputBytes);
  const abort = new AbortController();
  running = { n, order, abort, out, from: performance.now(), phase: "import" };
  dry = false;
  // A job that waits for nothing that could ever happen ends its process, instead of hanging until its time is up.
  control.unref();
  const end = await settle(order, abort.signal, out);
  finish(n, out, end, running.from);
}

async function settle(order: AttemptOrder, signal: AbortSignal, out: Outgoing): Promise<ToldEnd> {
  let Job: unknown;
  try {
    Job = (await load(order)).Job;
  } catch (error) {
    return { kind: "load", error: toldError(error, order.bundlePath) };
  }
  // The import is paid once by each child; how long attempts take is counted without it.
  if (running) Object.assign(running, { from: performance.now(), phase: "execute" });
  try {
    // Asked to end before it began: nothing of it runs.
    signal.throwIfAborted();
    const result = await runAttempt(Job, contextOf(order, signal, out), {
      checkSchema: order.resultSchema ? await schemaCheck() : undefined,
    });
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
  return JSON.stringify(raw ?? null).length <= MAX_RESULT_BYTES ? raw : "[too much to be kept]";
}

function finish(n: number, out: Outgoing, end: ToldEnd, from: number): void {
  flushStdout();
  flushStderr();
  out.close();
  running = undefined;
  never(listening);
  control.ref();
  const rest = resting?.look() ?? { leftovers: ["nothing was loaded"], made: true, bytes: 0 };
  const follows = loaded?.follows ?? false;
  // Those that follow at once cannot wait until somebody has looked for its processes.
  if (rest.made && follows) rest.leftovers.push("processes that it made");
  const clean = rest.leftovers.length === 0;
  if (clean) emptyTemp();
  send({ t: "end", end }, { t: "idle", n, ...rest, tookMs: performance.now() - from, follows });
  // With something left behind, this child runs nothing more.
  if (clean) queue.next();
}

/** What the attempt left in the temp folder, its own and TMPDIR, goes before the next one starts here. */
function emptyTemp(): void {
  for (const name of readdirSync(TEMP_DIR)) rmSync(join(TEMP_DIR, name), { recursive: true, force: true });
}

/** Thrown outside of `execute`'s promise (a timer, an event, a rejection nobody awaits): the attempt ends with it. */
function fatal(error: unknown, origin: string): void {
  if (!running) return lostAtImport(error, origin);
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

/** Thrown beside an import that is described: it would end every attempt too, so it is why the job does not load. */
function lostAtImport(error: unknown, origin: string): void {
  if (describing !== undefined) {
    const lost = origin === "unhandledRejection" ? "rejection" : "exception";
    send({ t: "thrown", error: toldError(error, describing), lost });
    describing = undefined;
  }
  exit(1);
}

/** The process ends in the middle of an attempt: what waits to be sent goes out, and where it was. */
function exiting(): void {
  if (describing !== undefined) send({ t: "exiting", phase: "import", dry });
  if (!running) return;
  flushStdout();
  flushStderr();
  running.out.flush();
  send({ t: "exiting", phase: running.phase, dry });
}

async function load(
  order: Pick<AttemptOrder, "bundlePath" | "resolveFrom"> & { env?: Record<string, string> },
) {
  if (loaded?.path === order.bundlePath) return loaded.module;
  Object.assign(process.env, order.env);
  installRequire(order.resolveFrom);
  process.setSourceMapsEnabled(true);
  const module = (await import(pathToFileURL(order.bundlePath).href)) as { Job?: unknown };
  loaded = { path: order.bundlePath, module, follows: mayFollow(order.bundlePath) };
  // As at rest: only what keeps the process alive is counted, and then our own pipe is among it.
  control.ref();
  resting = new RestingState();
  if (running) control.unref();
  return module;
}

/** For packages that the bundle does not contain: looked up from each folder in turn. */
function installRequire(folders: readonly string[]): void {
  const requires = folders.map((folder) => createRequire(join(folder, "/")));
  const find = (request: string): unknown => {
    let last: unknown = new Error(`the package ${request} is not installed here`);
    for (const require of requires) {
      try {
        return require(request);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
        last = error;
      }
    }
    throw last;
  };
  Object.defineProperty(globalThis, Symbol.for("jobmount.require"), { value: find, configurable: true });
}

function contextOf(order: AttemptOrder, signal: AbortSignal, out: Outgoing): AttemptContext {
  return {
    params: order.params,
    signal,
    run: order.run,
    get tempDir() {
      mkdirSync(order.tempDir, { recursive: true, mode: 0o700 });
      return order.tempDir;
    },
    get dataDir() {
      mkdirSync(order.dataDir, { recursive: true });
      return order.dataDir;
    },
    filePath: (name) => filePath(order, name),
    state: new Map(order.state),
    secretForms: order.secretForms,
    emit: (event) => out.take(event),
  };
}

function filePath(order: AttemptOrder, name: string): string {
  const path = join(order.filesDir, name);
  if (!path.startsWith(join(order.filesDir, "/")))
    throw new PermanentError(`"${name}" is not a file of the task directory`);
  if (!existsSync(path))
    throw new PermanentError(
      `this version has no file "${name}": the patterns in \`files\` of defineJob have to match it`,
    );
  return path;
}

async function schemaCheck(): Promise<CheckSchema> {
  return (await import("../json-schema.ts")).checkSchemaWithin(2_000);
}

async function describe(bundlePath: string, resolveFrom: readonly string[]): Promise<void> {
  // Imported here: it costs more than the rest of the child together, and children that run attempts never need it. Before
  // the job: the first of a batch would have more time to fail in than those that follow it.
  const { describeModule } = await import("../sdk/describe.ts");
  let module: object;
  describing = bundlePath;
  dry = false;
  // As for an attempt: a top-level await for nothing ends the process, and is told at once.
  control.unref();
  try {
    module = await load({ bundlePath, resolveFrom });
  } catch (error) {
    describing = undefined;
    return send({ t: "thrown", error: toldError(error, bundlePath) });
  } finally {
    control.ref();
  }
  // What nobody waits for fails after the import: it has a turn of the event loop for it, the same in every order.
  await setTimeout(1);
  await setImmediate();
  describing = undefined;
  const described = describeModule(module);
  if ("spec" in described) send({ t: "described", spec: described.spec });
  else send({ t: "problems", problems: described.problems });
}

send({ t: "ready", version: PROTOCOL_VERSION });
