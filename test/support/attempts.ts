// Attempts in real children of a pool of their own: a bundle made of a body, an order without anything special.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { AttemptLimits, Ended } from "../../src/sandbox/given-attempt.ts";
import type { PoolOptions } from "../../src/sandbox/pool-options.ts";
import { Pool } from "../../src/sandbox/pool.ts";
import type { FailedRecordTold, ToldLine } from "../../src/sandbox/protocol.ts";
import { sealOf } from "../../src/sandbox/sealed.ts";
import { limitsOf } from "./limits.ts";

const HEAD = `const { defineJob, PermanentError } = globalThis[Symbol.for("jobmount.sdk")];
export class Job extends defineJob({ name: "t" }) {`;

export interface Told {
  lines: ToldLine[];
  failed: FailedRecordTold[];
  progress: number[];
  droppedBytes: number;
}

export interface AttemptOptions {
  params?: Record<string, unknown>;
  limits?: Partial<AttemptLimits>;
  isolation?: "reuse" | "fresh";
  env?: Record<string, string>;
  /** Asks it to end after so many ms. */
  abortAfter?: number;
}

export class AttemptRig {
  readonly folder = mkdtempSync(join(tmpdir(), "jobmount-attempts-"));
  readonly pool: Pool;
  readonly troubles: string[] = [];
  readonly #seals = new Map<string, string>();
  #n = 0;

  constructor(options: Partial<PoolOptions> = {}) {
    this.pool = new Pool({
      clock: systemClock,
      tempRoot: join(this.folder, "temp"),
      env: { PATH: process.env["PATH"]! },
      warmLimit: 4,
      onTrouble: (sentence) => void this.troubles.push(sentence),
      ...options,
    });
  }

  async stop(): Promise<void> {
    await this.pool.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A version of its own, with this body of the class; `before` stands before it. */
  bundle(body: string, before = ""): string {
    const path = join(this.folder, `job-${++this.#n}.mjs`);
    writeFileSync(path, `${before}\n${HEAD}\n${body}\n}`);
    this.#seals.set(path, sealOf(path)!);
    return path;
  }

  async run(path: string, options: AttemptOptions = {}): Promise<Ended & { told: Told }> {
    const told: Told = { lines: [], failed: [], progress: [], droppedBytes: 0 };
    const attempt = this.pool.run(
      path,
      {
        bundlePath: path,
        // Of the bundle as it was made, which a test may have changed since.
        bundleSeal: this.#seals.get(path),
        filesDir: this.folder,
        resolveFrom: [],
        params: options.params ?? {},
        run: {
          id: "run_1",
          attempt: 1,
          fireAt: null,
          trigger: "manual",
          scheduleId: null,
          missed: null,
          onlyRecords: null,
        },
        dataDir: join(this.folder, "data"),
        state: [],
        secretForms: [],
        env: options.env ?? {},
        resultSchema: null,
      },
      limitsOf(options.limits),
      {
        lines: (lines) => void told.lines.push(...lines),
        dropped: (_lines, bytes) => void (told.droppedBytes += bytes),
        records: (_counts, failed) => void told.failed.push(...failed),
        progress: (percent) => void told.progress.push(percent),
        state: () => undefined,
      },
      options.isolation ?? "reuse",
    );
    if (options.abortAfter !== undefined) setTimeout(() => attempt.abort("user"), options.abortAfter);
    return { ...(await attempt.ended), told };
  }
}
