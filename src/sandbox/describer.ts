// Reads what a job declares, in a child that never runs attempts: one child for several jobs of a source in turn, until one
// of them fails or leaves something behind.
import { HEAP_FULL } from "./given-attempt.ts";
import { DescribingChildren, type Kept } from "./describing-children.ts";
import type { SpecProblem } from "../sdk/context.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { EndedBy } from "./outcome.ts";
import type { Pool } from "./pool.ts";
import type { FromChild } from "./protocol.ts";
import type { Sandbox } from "./sandbox.ts";

export interface ThrownAtImport {
  name: string | null;
  message: string;
  stack: string | null;
  /** Set when the import itself did not throw it, but what it began and nobody waits for. */
  lost?: "rejection" | "exception";
}

/** How describing ended; the same words as the catalog's port. */
export type Described =
  | { outcome: "described"; spec: JobSpec }
  | { outcome: "problems"; problems: readonly SpecProblem[] }
  | { outcome: "thrown"; error: ThrownAtImport }
  | { outcome: "timeout"; afterMs: number }
  | { outcome: "out_of_memory"; limitBytes: number }
  | {
      outcome: "crashed";
      exitCode: number | null;
      signal: string | null;
      stderr: string;
      why: string | null;
    };

interface Bundle {
  source: string;
  bundlePath: string;
  resolveFrom: readonly string[];
}

interface Limits {
  timeMs: number;
  memoryBytes: number;
}

/** Processes that an import may have at a time, its child among them. */
const MOST_PROCESSES = 64;

export class SandboxDescriber {
  readonly #pool: Pool;
  readonly #children = new DescribingChildren();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Never rejects for what a job did; with the reason of `stop` at once when that is aborted. */
  describe(bundle: Bundle, limits: Limits, stop?: AbortSignal): Promise<Described> {
    return this.#children.use(bundle.source, (kept) => this.#describe(kept, bundle, limits, stop));
  }

  async #describe(kept: Kept, bundle: Bundle, limits: Limits, stop?: AbortSignal): Promise<Described> {
    stop?.throwIfAborted();
    const used = kept.usable;
    const sandbox = used ?? this.#pool.takeSpare();
    kept.sandbox = sandbox;
    const asked = await this.#ask(sandbox, bundle, limits, stop);
    if (asked === "stopped") {
      kept.drop();
      throw stop?.reason;
    }
    const { described, clean } = asked;
    // It may be a neighbour's fault: what an earlier job left in the child fails no other.
    const isDoubtful = used !== undefined && described.outcome !== "described";
    if (clean && !isDoubtful) kept.linger();
    else kept.drop();
    return isDoubtful ? this.#describe(kept, bundle, limits, stop) : described;
  }

  async #ask(
    sandbox: Sandbox,
    bundle: Bundle,
    limits: Limits,
    stop: AbortSignal | undefined,
  ): Promise<{ described: Described; clean: boolean } | "stopped"> {
    let ended: Described | undefined;
    const timer = setTimeout(() => {
      ended = { outcome: "timeout", afterMs: limits.timeMs };
      sandbox.kill("describing took too long");
    }, limits.timeMs);
    const stopped = aborted(stop);
    const stopWatching = this.#watch(sandbox, limits, (by) => {
      ended = by;
      sandbox.kill("describing took too much");
    });
    try {
      const message = await Promise.race([
        sandbox.describe(bundle.bundlePath, bundle.resolveFrom),
        stopped.told,
      ]);
      if (message === "stopped") return message;
      if (message?.t === "exiting") await sandbox.exited;
      const told = message?.t === "described" || message?.t === "problems" ? message.clean : false;
      return {
        described: ended ?? toDescribed(message, sandbox, limits),
        clean: told && ended === undefined,
      };
    } finally {
      clearTimeout(timer);
      stopWatching();
      stopped.forget();
    }
  }

  /** All that the import starts counts, wherever it goes. */
  #watch(sandbox: Sandbox, limits: Limits, exceeded: (ended: Described) => void): () => void {
    const from = { memory: "of describing", processes: "of describing" };
    const bounds = { memoryBytes: limits.memoryBytes, processes: MOST_PROCESSES, from };
    const { pid, mark } = sandbox;
    const watched = {
      pid,
      mark,
      atWork: { limits: bounds, begunAt: -Infinity } as
        { limits: typeof bounds; begunAt: number } | undefined,
      exceeded: (by: EndedBy) => exceeded(tooMuch(by, limits)),
    };
    this.#pool.sampler.watch(watched);
    return () => (watched.atWork = undefined);
  }
}

function tooMuch(by: EndedBy, limits: Limits): Described {
  if (by.kind !== "too_many_processes") return { outcome: "out_of_memory", limitBytes: limits.memoryBytes };
  const why = `it had ${by.used} processes at a time, and may have ${by.limit}`;
  return { outcome: "crashed", exitCode: null, signal: "SIGKILL", stderr: "", why };
}

function toDescribed(message: FromChild | undefined, sandbox: Sandbox, limits: Limits): Described {
  if (message?.t === "described") return { outcome: "described", spec: message.spec };
  if (message?.t === "problems") return { outcome: "problems", problems: message.problems };
  if (message?.t === "thrown") return { outcome: "thrown", error: { ...message.error, lost: message.lost } };
  const exit = sandbox.exit;
  // The engine's own wall is a little below ours, so it may come first.
  if (exit?.signal && HEAP_FULL.test(sandbox.lastErrors))
    return { outcome: "out_of_memory", limitBytes: limits.memoryBytes };
  return {
    outcome: "crashed",
    exitCode: exit?.code ?? null,
    signal: exit?.signal ?? null,
    stderr: sandbox.lastErrors,
    why: message?.t === "exiting" ? whyItEnded(message.dry) : null,
  };
}

function whyItEnded(dry: boolean): string {
  return dry
    ? "a top-level await waits for nothing that could still happen"
    : "process.exit was called at its top level";
}

/** `forget` is called when nobody asks any more: a signal may outlive what it can stop. */
function aborted(stop: AbortSignal | undefined): { told: Promise<"stopped">; forget: () => void } {
  let tell: () => void = () => undefined;
  const told = new Promise<"stopped">((resolve) => (tell = () => resolve("stopped")));
  if (stop?.aborted) tell();
  stop?.addEventListener("abort", tell);
  return { told, forget: () => stop?.removeEventListener("abort", tell) };
}
