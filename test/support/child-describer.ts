// A describer for tests of the catalog: a real child process that imports the real bundle with the real sdk.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { jsonLine } from "../../src/lines.ts";
import type {
  DescribableBundle,
  DescribeLimits,
  Describer,
  Description,
} from "../../src/catalog/describe.ts";

const SCRIPT = fileURLToPath(new URL("./describe-child.ts", import.meta.url));

interface Child {
  process: ChildProcess;
  lines: Interface;
  stderr: string;
  /** Also resolves when it ended before it was ready. */
  ready: Promise<void>;
}

/** One child for all that goes well, a new one after every bad end; one description at a time. */
export class ChildDescriber implements Describer {
  /** How many bundles were imported, for tests that nothing is described twice. */
  count = 0;
  private child: Child | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  describe(bundle: DescribableBundle, limits: DescribeLimits, stop?: AbortSignal): Promise<Description> {
    const description = this.turn.then(() => this.ask(bundle, limits, stop));
    this.turn = description.catch(() => undefined);
    return description;
  }

  /** Starts the child, so that the next description does not wait for it. */
  warm(): void {
    this.child ??= start(512);
  }

  async close(): Promise<void> {
    await this.turn;
    this.child?.process.kill("SIGKILL");
    this.child = null;
  }

  /** Ends the child in the middle of what it does, as a service that stops does. */
  async kill(): Promise<void> {
    this.child?.process.kill("SIGKILL");
    await this.turn;
  }

  private async ask(
    bundle: DescribableBundle,
    limits: DescribeLimits,
    stop?: AbortSignal,
  ): Promise<Description> {
    this.count++;
    const child = (this.child ??= start(limits.memoryBytes / 1024 / 1024));
    await child.ready;
    return new Promise((resolve, reject) => {
      const stopped = (): void => {
        // It may still tell something before it is gone: nobody else is to be given to it.
        if (this.child === child) this.child = null;
        child.process.kill("SIGKILL");
      };
      if (stop?.aborted) stopped();
      stop?.addEventListener("abort", stopped);
      let ended: Description | null = null;
      const finish = (description: Description): void => {
        clearTimeout(timer);
        child.lines.removeAllListeners("line");
        child.process.removeAllListeners("close");
        stop?.removeEventListener("abort", stopped);
        if (stop?.aborted) reject(stop.reason as Error);
        else resolve(description);
      };
      const timer = setTimeout(() => {
        ended = { outcome: "timeout", afterMs: limits.timeMs };
        child.process.kill("SIGKILL");
      }, limits.timeMs);
      child.lines.on("line", (line) => finish(JSON.parse(line) as Description));
      const closed = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
        if (this.child === child) this.child = null;
        const outOfMemory = /heap out of memory|heap limit/i.test(child.stderr);
        const crash = outOfMemory
          ? ({ outcome: "out_of_memory", limitBytes: limits.memoryBytes } as const)
          : ({ outcome: "crashed", exitCode, signal, stderr: child.stderr } as const);
        finish(ended ?? crash);
      };
      const { exitCode, signalCode } = child.process;
      if (exitCode !== null || signalCode !== null) return closed(exitCode, signalCode);
      child.process.on("close", closed);
      child.process.stdin?.write(`${jsonLine(bundle)}\n`);
    });
  }
}

function start(heapMiB: number): Child {
  const flags = ["--import", "tsx", `--max-old-space-size=${Math.round(heapMiB)}`];
  const child = spawn(process.execPath, [...flags, SCRIPT], { stdio: ["pipe", "ignore", "pipe", "pipe"] });
  child.stdin?.on("error", () => undefined);
  const lines = createInterface({ input: child.stdio[3] as Readable });
  const started: Child = {
    process: child,
    lines,
    stderr: "",
    ready: new Promise((resolve) => {
      lines.once("line", () => resolve());
      child.once("exit", () => resolve());
    }),
  };
  child.stderr?.on(
    "data",
    (chunk: Buffer) => (started.stderr = (started.stderr + chunk.toString()).slice(-20_000)),
  );
  return started;
}
