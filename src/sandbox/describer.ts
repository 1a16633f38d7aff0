// Reads what a job declares, in a child that never runs attempts: one child for several jobs in turn, until one fails, and
// one more for each that would wait long.
import { readFileSync } from "node:fs";
import type { SpecProblem } from "../sdk/context.ts";
import type { JobSpec } from "../sdk/spec.ts";
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

/** The child goes when nothing was asked for so long. */
const LINGER_MS = 10_000;
const SAMPLE_MS = 50;
const PATIENCE_MS = 500;

export class SandboxDescriber {
  readonly #pool: Pool;
  #sandbox: Sandbox | undefined;
  #linger: NodeJS.Timeout | undefined;
  /** The one at work in the child that is kept. */
  #turn: Promise<unknown> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Never rejects for what a job did. */
  async describe(
    bundle: { bundlePath: string; resolveFrom: readonly string[] },
    limits: { timeMs: number; memoryBytes: number },
  ): Promise<Described> {
    // A child that is there is worth a short wait; but nobody waits behind a job that never comes to the end of its import.
    const patience = after(PATIENCE_MS);
    while (this.#turn && !patience.over) await Promise.race([this.#turn, patience.passed]);
    if (this.#turn) return this.#alone(bundle, limits);
    const described = this.#describe(bundle, limits);
    this.#turn = described.catch(() => undefined).then(() => (this.#turn = undefined));
    return described;
  }

  async #alone(
    bundle: { bundlePath: string; resolveFrom: readonly string[] },
    limits: { timeMs: number; memoryBytes: number },
  ): Promise<Described> {
    const sandbox = this.#pool.takeSpare();
    const answer = await this.#ask(sandbox, bundle, limits);
    sandbox.kill("describing is done");
    return answer;
  }

  async #describe(
    bundle: { bundlePath: string; resolveFrom: readonly string[] },
    limits: { timeMs: number; memoryBytes: number },
  ): Promise<Described> {
    clearTimeout(this.#linger);
    const used = this.#sandbox?.spent === null ? this.#sandbox : undefined;
    const sandbox = used ?? this.#pool.takeSpare();
    this.#sandbox = sandbox;
    const answer = await this.#ask(sandbox, bundle, limits);
    if (answer.outcome === "described" || answer.outcome === "problems") {
      this.#linger = setTimeout(() => this.#drop(), LINGER_MS).unref();
      return answer;
    }
    this.#drop();
    // It may have been a neighbour's fault: what an earlier job left in the child fails no other.
    return used ? this.#describe(bundle, limits) : answer;
  }

  async #ask(
    sandbox: Sandbox,
    bundle: { bundlePath: string; resolveFrom: readonly string[] },
    limits: { timeMs: number; memoryBytes: number },
  ): Promise<Described> {
    let ended: Described | undefined;
    const timer = setTimeout(() => {
      ended = { outcome: "timeout", afterMs: limits.timeMs };
      sandbox.kill("describing took too long");
    }, limits.timeMs);
    const sampler = setInterval(() => {
      if (residentBytes(sandbox.pid) <= limits.memoryBytes) return;
      ended = { outcome: "out_of_memory", limitBytes: limits.memoryBytes };
      sandbox.kill("describing took too much memory");
    }, SAMPLE_MS);
    try {
      const message = await sandbox.describe(bundle.bundlePath, bundle.resolveFrom);
      if (message?.t === "exiting") await sandbox.exited;
      return ended ?? toDescribed(message, sandbox);
    } finally {
      clearTimeout(timer);
      clearInterval(sampler);
    }
  }

  #drop(): void {
    this.#sandbox?.kill("describing is done");
    this.#sandbox = undefined;
  }
}

function toDescribed(message: FromChild | undefined, sandbox: Sandbox): Described {
  if (message?.t === "described") return { outcome: "described", spec: message.spec };
  if (message?.t === "problems") return { outcome: "problems", problems: message.problems };
  if (message?.t === "thrown") return { outcome: "thrown", error: { ...message.error, lost: message.lost } };
  const exit = sandbox.exit;
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

function after(ms: number): { over: boolean; passed: Promise<void> } {
  const wait = { over: false, passed: Promise.resolve() };
  wait.passed = new Promise((resolve) => {
    setTimeout(() => {
      wait.over = true;
      resolve();
    }, ms).unref();
  });
  return wait;
}

/** Resident memory of a process, 0 where it cannot be read (it ended, or the system has no /proc). */
function residentBytes(pid: number | undefined): number {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
