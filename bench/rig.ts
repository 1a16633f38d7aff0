// The durable path without the folder and the face: a database, a worker with children, and one no-op job.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ends } from "../src/actors/ends.ts";
import { Worker } from "../src/actors/worker.ts";
import { systemClock } from "../src/clock.ts";
import { migrate, openDatabase } from "../src/db/open.ts";
import { DbRunStore } from "../src/db/run-store.ts";
import { FileSpool } from "../src/db/spool.ts";
import { createLogger } from "../src/log.ts";
import { Followers } from "../src/runs/followers.ts";
import { Notices } from "../src/runs/notices.ts";
import { Runs } from "../src/runs/runs.ts";
import { Pool } from "../src/sandbox/pool.ts";
import { jobSpec } from "../test/support/spec.ts";
import { LocalWake } from "../src/wake/local.ts";

const SPEC = jobSpec({ name: "no-op", timeoutMs: 60_000, timeoutDeclared: true });

export interface RigOptions {
  url: string;
  concurrency: number;
  /** Number of different jobs, each with a version of its own; default 1. */
  jobs?: number;
  /** Body of `execute`; default returns nothing. */
  body?: string;
}

export async function startRig(options: RigOptions) {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
  const database = await openDatabase({
    url: options.url.replace("FOLDER", folder),
    onFault: (e) => console.error(e),
  });
  await migrate(database);
  const jobs = Array.from({ length: options.jobs ?? 1 }, (_, i) => `noop_${i}`);
  for (const job of jobs) {
    mkdirSync(join(folder, job));
    writeFileSync(
      join(folder, job, "job.mjs"),
      `const { defineJob } = globalThis[Symbol.for("jobmount.sdk")];
      export class Job extends defineJob({ name: "no-op" }) { execute() { ${options.body ?? ""} } }`,
    );
    await database.write((sql) =>
      sql.insert(
        "jobs",
        ["source", "job_key", "current_version", "load_state"],
        [["default", job, job, "ready"]],
      ),
    );
  }
  const pool = new Pool({
    clock: systemClock,
    tempRoot: join(folder, "temp"),
    env: { PATH: process.env["PATH"]! },
    warmLimit: options.concurrency,
  });
  await pool.start();
  const store = new DbRunStore(database);
  const notices = new Notices();
  const wake = new LocalWake(systemClock);
  /** Ended runs by id, with what their job returned. */
  const ended = new Map<string, unknown>();
  const spool = new FileSpool(join(folder, "spool"));
  await spool.open();
  const log = createLogger({ level: "warn", format: "text" });
  const ends = new Ends({ store, spool, clock: systemClock, log });
  await ends.start();
  const worker = new Worker({
    store,
    followers: new Followers(),
    wake,
    finish: (finish) => ends.write(finish),
    log,
    sources: () => ["default"],
    slots: { total: options.concurrency, perSource: null },
    pollMs: 500,
    tellMs: 500,
    heartbeatMs: 5_000,
    drainMs: 5_000,
    attempts: {
      pool,
      owner: "wrk_bench",
      now: () => database.now(),
      random: Math.random,
      failedKeys: () => Promise.resolve([]),
      envFor: () => ({}),
      dataDirOf: () => join(folder, "files"),
      jobState: (source, key, scope) => store.jobState(source, key, scope),
      versionOf: (hash) => ({
        hash,
        bundlePath: join(folder, hash, "job.mjs"),
        filesDir: folder,
        resolveFrom: [],
        spec: SPEC,
      }),
      readParams: (_spec, values) => ({ ok: true, values, secrets: [] }),
      sealState: (_key, value) => value,
      limits: {
        timeoutMs: 60_000,
        graceMs: 1_000,
        memoryBytes: 512 * 1024 * 1024,
        processes: 64,
        logBytes: 1_000_000,
        failedRecords: 1_000,
        defaulted: new Set(),
      },
    },
    onFinished: (finish, _answer, run) => {
      ended.set(run.id, finish.result);
      notices.finished({ runId: run.id, source: run.source, jobKey: run.jobKey, state: finish.to });
    },
  });
  wake.listen(worker);
  await worker.start();
  const runs = new Runs({
    insert: (rows) => store.insert(rows),
    byId: () => Promise.resolve(undefined),
    runningOf: () => Promise.resolve(0),
    specOf: () => SPEC,
    standingOf: () => "ready",
    remove: () => Promise.resolve(false),
    saveParams: (_spec, params) => params,
    specOfVersion: () => Promise.resolve(SPEC),
    requestCancel: (id, cancel, now) => store.requestCancel(id, cancel, now),
    failedRecordsOf: () => Promise.resolve({ kept: 0, withKey: 0 }),
    expect: (source) => wake.expect(source),
    wakeAt: () => undefined,
    notices,
    now: () => database.now(),
  });
  const stop = async () => {
    await worker.stop();
    await ends.stop();
    await pool.stop();
    wake.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { database, store, runs, notices, wake, worker, pool, ended, jobs, stop };
}
export type Rig = Awaited<ReturnType<typeof startRig>>;
