// RunStore on every database: claims, slots, ends, cancels and lost attempts (X1, X2, X5, X8, X9, S9).
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import type { ClaimedRun, NewRun, RunningRow } from "../../src/runs/store.ts";
import type { LogLine, TaskRun } from "../../src/runs/task-run.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { claimOnce } from "./claim-once.ts";
import { claimOf, finishOf, newRun, T0 } from "./make.ts";

const line = (seq: number, attempt: number, text = `line ${seq}`): LogLine => ({
  seq,
  time: T0 + seq,
  level: "info",
  stream: "log",
  attempt,
  text,
});

onEveryDatabase("RunStore", (databases) => {
  let database: Database;
  let store: DbRunStore;
  let queries: DbRunQueries;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbRunStore(database);
    queries = new DbRunQueries(database);
  });
  beforeEach(() =>
    database.write(async (sql) => {
      for (const table of ["task_runs", "run_attempts", "run_logs", "failed_records", "job_state", "jobs"])
        await sql.run(`DELETE FROM ${table}`);
    }),
  );

  const get = async (id: string): Promise<TaskRun> => (await queries.byId(id))!;
  const claimAll = async (more: Parameters<typeof claimOf>[0] = {}) =>
    (await claimOnce(store, claimOf({ slots: 100, sources: [{ name: "default", slots: 100 }], ...more })))
      .claimed;
  /** One run that runs now. */
  async function running(more: Partial<NewRun> = {}): Promise<ClaimedRun> {
    await store.insert([newRun({ id: "run_1", maxAttempts: 3, ...more })]);
    const [claimed] = await claimAll();
    return claimed!;
  }
  const publish = (key: string, version: string | null, concurrency: number | null) =>
    database.write((sql) =>
      sql.insert(
        "jobs",
        ["source", "job_key", "current_version", "concurrency", "load_state"],
        [["default", key, version, concurrency, "ready"]],
      ),
    );
  const rowOf = async (id: string): Promise<RunningRow> =>
    (await store.running()).find((row) => row.id === id)!;

  describe("a row", () => {
    it("is read back as it was written, empty columns and full ones side by side", async () => {
      const full = newRun({
        id: "run_1",
        source: "tenant-b",
        jobKey: "billing/sync",
        jobName: "naïve 🛰",
        scheduleId: "sch_1",
        scheduleRevision: 3,
        trigger: "schedule",
        fireAt: T0 - 5,
        fireThrough: T0,
        fireCount: 2,
        priority: -10,
        availableAt: Number.MAX_SAFE_INTEGER,
        maxAttempts: 5,
        versionWanted: "v1",
        exclusive: true,
        params: { token: { $sealed: "v1.a" }, text: 'quote " and \\ and \u0000' },
        overrides: { timeoutMs: 5, missed: { from: 1, to: 2, count: 3 } },
        actor: { type: "service", name: "scheduler" },
        retryOf: "run_0",
      });
      const bare = newRun({ id: "run_2", jobName: null });
      await store.insert([full, bare]);
      expect(await get("run_1")).to.deep.include({ ...full, queuedAt: T0, finishedAt: null, attempt: 0 });
      expect(await get("run_2")).to.deep.include(bare);
    });

    it("keeps a megabyte of params and of result", async () => {
      const params = { text: "🛰".repeat(250_000) };
      const run = await running({ params });
      expect(run.params).to.deep.equal(params);
      await store.finish(finishOf(run, { result: params }));
      expect((await get("run_1")).result).to.deep.equal(params);
    });
  });

  describe("claiming", () => {
    it("X1: gives the attempt its number and the worker its row", async () => {
      await publish("job", "v-current", null);
      await store.insert([
        newRun({ id: "run_1", params: { a: 1 }, overrides: { timeoutMs: 5 }, priority: 2, fireAt: T0 }),
        newRun({ id: "run_2", versionWanted: "v-old" }),
        newRun({ id: "run_3", jobKey: "never/loaded" }),
      ]);
      const claimed = await claimAll({ now: T0 + 9 });
      expect(claimed[0]).to.deep.equal({
        id: "run_1",
        source: "default",
        jobKey: "job",
        scheduleId: null,
        trigger: "api",
        fireAt: T0,
        attempt: 1,
        triesUsed: 0,
        maxAttempts: 1,
        version: "v-current",
        params: { a: 1 },
        overrides: { timeoutMs: 5 },
        startedAt: T0 + 9,
        logFrom: 1,
        priority: 2,
        hasState: false,
      });
      expect(claimed.map(({ version }) => version)).to.deep.equal(["v-current", "v-old", null]);
      expect(await get("run_1")).to.include({
        state: "running",
        attempt: 1,
        owner: "worker-1",
        startedAt: T0 + 9,
        version: "v-current",
      });
      expect(await rowOf("run_1")).to.include({ attempt: 1, beat: 0, owner: "worker-1" });
    });

    it("goes by priority, then by when it may start, then by id", async () => {
      await store.insert([
        newRun({ id: "run_c", availableAt: T0 - 1 }),
        newRun({ id: "run_b" }),
        newRun({ id: "run_a" }),
        newRun({ id: "run_d", priority: 1 }),
        newRun({ id: "run_e", priority: -1, availableAt: T0 - 9 }),
      ]);
      const order: string[] = [];
      for (let i = 0; i < 5; i++) order.push(...(await claimAll({ slots: 1 })).map(({ id }) => id));
      expect(order).to.deep.equal(["run_d", "run_c", "run_a", "run_b", "run_e"]);
    });

    it("never takes more than the slots that are free, nor more of a source than its share", async () => {
      await store.insert(
        Array.from({ length: 40 }, (_, i) => newRun({ id: `run_${i}`, source: i % 2 ? "a" : "b" })),
      );
      const sources = [
        { name: "a", slots: 3 },
        { name: "unknown", slots: 9 },
        { name: "b", slots: 9 },
      ];
      const answer = await claimOnce(store, claimOf({ slots: 7, sources }));
      const of = (source: string) => answer.claimed.filter((run) => run.source === source).length;
      expect([of("a"), of("b")]).to.deep.equal([3, 4]);
      expect(answer.exhausted).to.deep.equal(["unknown"]);
      expect((await claimOnce(store, claimOf({ slots: 0, sources }))).claimed).to.deep.equal([]);
    });

    it("prefers versions with a warm child, as long as nobody has waited for a second", async () => {
      await publish("cold", "v-cold", null);
      await publish("warm", "v-warm", null);
      await store.insert([
        newRun({ id: "run_1", jobKey: "cold" }),
        newRun({ id: "run_2", jobKey: "warm", availableAt: T0 + 1 }),
        newRun({ id: "run_3", jobKey: "warm", availableAt: T0 + 2 }),
      ]);
      const warm = new Set(["v-warm"]);
      expect((await claimAll({ slots: 1, now: T0 + 999, warm }))[0]!.id).to.equal("run_2");
      expect((await claimAll({ slots: 1, now: T0 + 1_000, warm }))[0]!.id).to.equal("run_1");
    });

    it("X1: two that claim at once share the runs, and none is taken twice", async function () {
      this.timeout(60_000);
      const second = databases.name === "mariadb" ? await databases.again(database) : database;
      const stores = [store, new DbRunStore(second)];
      await store.insert(Array.from({ length: 300 }, () => newRun()));
      const taken: string[] = [];
      await Promise.all(
        stores.map(async (own, i) => {
          for (let idle = 0; idle < 5;) {
            const request = claimOf({
              owner: `worker-${i}`,
              slots: 7,
              sources: [{ name: "default", slots: 7 }],
            });
            const { claimed } = await claimOnce(own, request);
            taken.push(...claimed.map(({ id, attempt }) => `${id} ${attempt}`));
            idle = claimed.length === 0 ? idle + 1 : 0;
          }
        }),
      );
      expect(taken).to.have.length(300);
      expect(new Set(taken).size).to.equal(300);
      expect(await queries.count({ states: ["running"], limit: 1 }, 1_000)).to.equal(300);
    });

    it("a job without a free slot holds up no other, however many of its runs stand in front", async () => {
      await publish("busy", "v1", 1);
      await publish("free", "v1", null);
      await store.insert([
        ...Array.from({ length: 60 }, (_, i) => newRun({ id: `run_b${i}`, jobKey: "busy", priority: 5 })),
        newRun({ id: "run_free", jobKey: "free" }),
      ]);
      const claimed = await claimAll({ slots: 4, lookAhead: 0 });
      expect(claimed.map(({ jobKey }) => jobKey)).to.deep.equal(["busy", "free"]);
    });
  });

  describe("slots (S9)", () => {
    /** Runs everything with two workers at once, and answers the most that ran at the same time, by key. */
    async function runAll(
      keyOf: (run: ClaimedRun) => string,
    ): Promise<{ most: Map<string, number>; ran: string[] }> {
      const second = databases.name === "mariadb" ? await databases.again(database) : database;
      const now = new Map<string, number>();
      const most = new Map<string, number>();
      const ran: string[] = [];
      const work = async (own: DbRunStore, owner: string) => {
        for (let idle = 0; idle < 20;) {
          const { claimed } = await claimOnce(own, claimOf({ owner, slots: 5, lookAhead: 3 }));
          for (const run of claimed) {
            const n = (now.get(keyOf(run)) ?? 0) + 1;
            now.set(keyOf(run), n);
            most.set(keyOf(run), Math.max(n, most.get(keyOf(run)) ?? 0));
            ran.push(run.id);
          }
          // Less before the finish than after it: what is counted is what surely ran together.
          for (const run of claimed) {
            now.set(keyOf(run), now.get(keyOf(run))! - 1);
            expect(await own.finish(finishOf(run, { owner }))).to.equal("done");
          }
          idle = claimed.length === 0 ? idle + 1 : 0;
        }
      };
      await Promise.all([work(store, "worker-1"), work(new DbRunStore(second), "worker-2")]);
      return { most, ran };
    }

    it("two runs of one schedule never run together, whoever claims them", async function () {
      this.timeout(60_000);
      const schedules = ["sch_1", "sch_2", "sch_3"];
      await store.insert(
        Array.from({ length: 60 }, (_, i) =>
          newRun({ scheduleId: schedules[i % 3]!, fireAt: T0 + i, exclusive: true }),
        ),
      );
      const { most, ran } = await runAll((run) => run.scheduleId!);
      expect(new Set(ran).size).to.equal(60);
      expect(ran).to.have.length(60);
      expect([...most.values()]).to.deep.equal([1, 1, 1]);
    });

    it("runs of a schedule that allows it run together", async () => {
      await store.insert(
        Array.from({ length: 5 }, (_, i) => newRun({ scheduleId: "sch_1", fireAt: i, exclusive: false })),
      );
      expect(await claimAll()).to.have.length(5);
    });

    it("attempts of a job never exceed its concurrency, over schedules and triggers", async function () {
      this.timeout(60_000);
      await publish("limited", "v1", 3);
      await publish("single", "v1", 1);
      await store.insert(
        Array.from({ length: 80 }, (_, i) =>
          newRun({
            jobKey: i % 4 === 0 ? "single" : "limited",
            scheduleId: i % 3 === 0 ? "sch_1" : null,
            fireAt: i % 3 === 0 ? T0 + i : null,
            exclusive: i % 3 === 0,
          }),
        ),
      );
      const { most, ran } = await runAll((run) => run.jobKey);
      expect(new Set(ran).size).to.equal(80);
      expect(most.get("limited")).to.be.at.most(3);
      expect(most.get("single")).to.equal(1);
    });

    it("takes every slot of a job, and each way out of running frees it", async () => {
      await publish("job", "v1", 2);
      await store.insert(Array.from({ length: 9 }, (_, i) => newRun({ id: `run_${i}`, maxAttempts: 9 })));
      const slots = async () =>
        (await queries.list({ states: ["running"], limit: 9 })).runs.map((run) => run.jobSlot);
      let claimed = await claimAll();
      expect(await slots()).to.have.members(["default:job#1", "default:job#2"]);
      expect(await claimAll()).to.deep.equal([]);
      for (const to of ["succeeded", "failed", "cancelled", "retrying", "queued"] as const) {
        const later = { availableAt: T0 * 2 };
        expect(await store.finish(finishOf(claimed[0]!, { to, ...later })), to).to.equal("done");
        const next = await claimAll();
        expect(next, to).to.have.length(1);
        claimed = [claimed[1]!, next[0]!];
      }
      expect(await store.reap(await rowOf(claimed[0]!.id), "failed", T0, "lost")).to.equal(true);
      expect(await claimAll()).to.have.length(1);
      expect(await slots()).to.have.members(["default:job#1", "default:job#2"]);
      expect(await store.runningOf("default", "job")).to.equal(2);
    });

    it("frees the schedule's slot too", async () => {
      await store.insert(
        [1, 2].map((i) => newRun({ id: `run_${i}`, scheduleId: "sch_1", fireAt: i, exclusive: true })),
      );
      const [first] = await claimAll();
      expect(await claimAll()).to.deep.equal([]);
      await store.finish(finishOf(first!));
      expect((await claimAll()).map(({ id }) => id)).to.deep.equal(["run_2"]);
      expect((await get("run_1")).scheduleSlot).to.equal(null);
    });
  });

  describe("the end of an attempt", () => {
    it("writes outcome, counts, log, refused records and durable values together", async () => {
      const run = await running();
      const answer = await store.finish(
        finishOf(run, {
          to: "failed",
          reason: "too_many_failed",
          cause: "3 of 4 failed",
          records: { processed: 4, success: 1, failed: 3, skipped: 0 },
          progress: { percent: 40.5, message: "page 4" },
          result: { a: [1] },
          error: { message: "m", stack: null, file: "job.ts", line: 1, column: 2 },
          exitCode: 3,
          signal: "SIGKILL",
          version: "v1",
          versionDeclared: "1.2.0",
          jobName: "As it was",
          log: { lines: 2, bytes: 20, droppedBytes: 7 },
          lines: [line(1, 1), line(2, 1, "🛰\n\u2028")],
          failedRecords: [
            { seq: 1, key: "k", reason: "r" },
            { seq: 2, key: null, reason: null },
          ],
          state: { source: "default", jobKey: "job", scope: "", values: new Map([["cursor", { page: 4 }]]) },
        }),
      );
      expect(answer).to.equal("done");
      expect(await get("run_1")).to.deep.include({
        state: "failed",
        reason: "too_many_failed",
        cause: "3 of 4 failed",
        finishedAt: T0 + 1_000,
        triesUsed: 1,
        records: { processed: 4, success: 1, failed: 3, skipped: 0 },
        progressPercent: 40.5,
        progressMessage: "page 4",
        result: { a: [1] },
        error: { message: "m", stack: null, file: "job.ts", line: 1, column: 2 },
        versionDeclared: "1.2.0",
        jobName: "As it was",
        log: { lines: 2, bytes: 20, droppedBytes: 7 },
        scheduleSlot: null,
        jobSlot: null,
      });
      expect(await queries.attempts("run_1")).to.deep.equal([
        {
          runId: "run_1",
          attempt: 1,
          state: "failed",
          reason: "too_many_failed",
          cause: "3 of 4 failed",
          version: "v1",
          owner: "worker-1",
          startedAt: T0,
          finishedAt: T0 + 1_000,
          exitCode: 3,
          signal: "SIGKILL",
          late: false,
        },
      ]);
      expect((await queries.logLines("run_1", { limit: 10 })).lines).to.deep.equal([
        line(1, 1),
        line(2, 1, "🛰\n\u2028"),
      ]);
      expect(await queries.failedRecords("run_1", 0, 10)).to.deep.equal([
        { seq: 1, key: "k", reason: "r" },
        { seq: 2, key: null, reason: null },
      ]);
      expect(await store.jobState("default", "job", "")).to.deep.equal(new Map([["cursor", { page: 4 }]]));
    });

    it("X5: the same finish again is done as well, and changes nothing", async () => {
      const run = await running();
      const finish = finishOf(run, {
        lines: [line(1, 1)],
        log: { lines: 1, bytes: 6, droppedBytes: 0 },
        failedRecords: [{ seq: 1, key: "k", reason: "r" }],
        records: { processed: 1, success: 0, failed: 1, skipped: 0 },
        state: { source: "default", jobKey: "job", scope: "", values: new Map([["k", 1]]) },
      });
      expect(await store.finish(finish)).to.equal("done");
      const before = await get("run_1");
      const again = { ...finish, state: { ...finish.state!, values: new Map([["k", 2]]) } };
      expect(await store.finish(again)).to.equal("done");
      expect(await Promise.all([store.finish(finish), store.finish(finish)])).to.deep.equal(["done", "done"]);
      expect(await get("run_1")).to.deep.equal(before);
      expect(await queries.attempts("run_1")).to.have.length(1);
      expect((await queries.logLines("run_1", { limit: 9 })).lines).to.have.length(1);
      expect(await store.jobState("default", "job", "")).to.deep.equal(new Map([["k", 1]]));
    });

    it("X5: the same finish twice in one commit is done once", async () => {
      const run = await running();
      const finish = finishOf(run, { lines: [line(1, 1)] });
      const [one, two] = await Promise.all([store.finish(finish), store.finish(finish)]);
      expect([one, two]).to.deep.equal(["done", "done"]);
      expect(await queries.attempts("run_1")).to.have.length(1);
    });

    it("X5: an earlier attempt's finish told again is done, and leaves the attempt that runs now alone", async () => {
      const run = await running();
      const finish = finishOf(run, { to: "retrying", reason: "error", availableAt: T0 });
      await store.finish(finish);
      const [second] = await claimAll();
      expect(second!.attempt).to.equal(2);
      expect(await store.finish(finish)).to.equal("done");
      expect(await get("run_1")).to.include({ state: "running", attempt: 2 });
    });

    it("writes many ends of one commit each by itself: done, cancelled, known and late ones together", async () => {
      await store.insert(Array.from({ length: 6 }, (_, i) => newRun({ id: `run_${i}`, maxAttempts: 3 })));
      const runs = await claimAll();
      await store.finish(finishOf(runs[0]!));
      await store.requestCancel("run_1", "user", T0);
      await store.reap(await rowOf("run_2"), "failed", T0, "lost");
      const answers = await Promise.all(
        runs.map((run) => store.finish(finishOf(run, { lines: [line(1, 1)] }))),
      );
      expect(answers).to.deep.equal(["done", "cancelled", "late", "done", "done", "done"]);
      const states = await Promise.all(runs.map(async ({ id }) => (await get(id)).state));
      expect(states).to.deep.equal([
        "succeeded",
        "cancelled",
        "failed",
        "succeeded",
        "succeeded",
        "succeeded",
      ]);
      for (const id of ["run_3", "run_4", "run_5"]) {
        const attempts = await queries.attempts(id);
        expect(attempts.map(({ state, late }) => [state, late])).to.deep.equal([["succeeded", false]]);
        expect((await queries.logLines(id, { limit: 9 })).lines).to.have.length(1);
      }
    });

    it("X9: after a cancel was accepted any end is cancelled, for the reason that was given, with the counts so far", async () => {
      for (const [reason, to] of [
        ["user", "succeeded"],
        ["replaced", "failed"],
        ["schedule_deleted", "retrying"],
        ["user", "queued"],
        ["replaced", "cancelled"],
      ] as const) {
        await database.write((sql) => sql.run("DELETE FROM task_runs"));
        await database.write((sql) => sql.run("DELETE FROM run_attempts"));
        const run = await running();
        expect(await store.requestCancel("run_1", reason, T0 + 5)).to.equal("running");
        const records = { processed: 5, success: 5, failed: 0, skipped: 0 };
        const asked = { records, ...(to === "cancelled" ? { reason } : {}) };
        const answer = await store.finish(finishOf(run, { to, ...asked }));
        expect(answer, to).to.equal(to === "cancelled" ? "done" : "cancelled");
        const ended = await get("run_1");
        expect(ended, to).to.deep.include({ state: "cancelled", reason, records, finishedAt: T0 + 1_000 });
        const [attempt] = await queries.attempts("run_1");
        expect(attempt, to).to.include({ state: "cancelled", reason });
        expect(await claimAll()).to.deep.equal([]);
      }
    });

    it("X1: a run that was given back uses no try, and its attempt number is never used again", async () => {
      const run = await running();
      await store.finish(
        finishOf(run, { to: "queued", triesUsed: 0, availableAt: T0, cause: "the service stopped" }),
      );
      expect(await get("run_1")).to.include({ state: "queued", attempt: 1, triesUsed: 0, finishedAt: null });
      const [again] = await claimAll();
      expect(again).to.include({ attempt: 2, triesUsed: 0 });
      await store.finish(finishOf(again!));
      expect((await queries.attempts("run_1")).map(({ attempt, state }) => [attempt, state])).to.deep.equal([
        [1, "queued"],
        [2, "succeeded"],
      ]);
    });

    it("X8: a retry waits for its instant, keeps its place, and goes on with the numbers of the log", async () => {
      const run = await running({ priority: 3 });
      await store.finish(
        finishOf(run, {
          to: "retrying",
          reason: "error",
          priority: run.priority,
          availableAt: T0 + 500,
          lines: [line(1, 1), line(2, 1)],
          log: { lines: 2, bytes: 12, droppedBytes: 0 },
        }),
      );
      await store.insert([newRun({ id: "run_2", availableAt: T0 })]);
      expect((await claimAll({ now: T0 + 499, slots: 1 })).map(({ id }) => id)).to.deep.equal(["run_2"]);
      const [retry] = await claimAll({ now: T0 + 500 });
      expect(retry).to.include({ id: "run_1", attempt: 2, triesUsed: 1, logFrom: 3, priority: 3 });
    });

    it("each attempt counts its refused records from one; the latest attempt's are told", async () => {
      const run = await running();
      const refused = (reason: string) => ({
        failedRecords: [{ seq: 1, key: "k", reason }],
        records: { processed: 1, success: 0, failed: 1, skipped: 0 },
      });
      await store.finish(
        finishOf(run, { to: "retrying", reason: "error", availableAt: T0, ...refused("first") }),
      );
      const [second] = await claimAll();
      expect(await store.finish(finishOf(second!, refused("second")))).to.equal("done");
      expect(await queries.failedRecords("run_1", 0, 9)).to.deep.equal([
        { seq: 1, key: "k", reason: "second" },
      ]);
    });

    it("keeps a long log and 2,500 refused records in order", async () => {
      const run = await running();
      const lines = Array.from({ length: 700 }, (_, i) => line(i + 1, 1, `${i} ${"🛰".repeat(60)}`));
      lines.push(line(701, 1, "x".repeat(16_384)));
      const failedRecords = Array.from({ length: 2_500 }, (_, i) => ({
        seq: i + 1,
        key: `k${i}`,
        reason: "r",
      }));
      await store.finish(finishOf(run, { lines, failedRecords }));
      expect((await queries.logLines("run_1", { limit: 1_000 })).lines).to.deep.equal(lines);
      expect(await queries.failedRecords("run_1", 2_000, 1_000)).to.deep.equal(failedRecords.slice(2_000));
    });

    it("durable values are overwritten, removed, kept apart by scope, and kept when the attempt failed", async () => {
      const run = await running();
      const state = (scope: string, values: [string, unknown][]) => ({
        source: "default",
        jobKey: "job",
        scope,
        values: new Map(values),
      });
      await store.finish(
        finishOf(run, {
          to: "retrying",
          reason: "error",
          availableAt: T0,
          state: state("", [
            ["a", 1],
            ["b", null],
            ["c", "x"],
          ]),
        }),
      );
      const [second] = await claimAll();
      expect(second!.hasState).to.equal(true);
      await store.finish(
        finishOf(second!, {
          state: state("", [
            ["a", { n: 2 }],
            ["c", undefined],
            ["unknown", undefined],
          ]),
        }),
      );
      await store.insert([newRun({ id: "run_2" })]);
      const [other] = await claimAll();
      await store.finish(finishOf(other!, { state: state("sch_1", [["a", "of the schedule"]]) }));
      const own = await store.jobState("default", "job", "");
      expect(own).to.deep.equal(
        new Map<string, unknown>([
          ["a", { n: 2 }],
          ["b", null],
        ]),
      );
      expect(await store.jobState("default", "job", "sch_1")).to.deep.equal(
        new Map([["a", "of the schedule"]]),
      );
      expect(await store.jobState("default", "other", "")).to.deep.equal(new Map());
    });
  });

  describe("telling", () => {
    const telling = (run: ClaimedRun, more: object = {}) => ({
      runId: run.id,
      attempt: run.attempt,
      records: { processed: 2, success: 1, failed: 1, skipped: 0 },
      progress: { percent: 10, message: "m" },
      log: { lines: 2, bytes: 12, droppedBytes: 1 },
      lines: [line(1, 1), line(2, 1)],
      failedRecords: [{ seq: 1, key: "k", reason: "r" }],
      ...more,
    });

    it("shows counts, progress, lines and refused records while the attempt runs", async () => {
      const run = await running();
      await store.tell(telling(run));
      await store.tell(telling(run, { progress: null, lines: [line(3, 1)], failedRecords: [] }));
      expect(await get("run_1")).to.deep.include({
        state: "running",
        records: { processed: 2, success: 1, failed: 1, skipped: 0 },
        log: { lines: 2, bytes: 12, droppedBytes: 1 },
      });
      expect((await queries.logLines("run_1", { limit: 9 })).lines.map(({ seq }) => seq)).to.deep.equal([
        1, 2, 3,
      ]);
      expect(await queries.failedRecords("run_1", 0, 9)).to.have.length(1);
    });

    it("A1: told again after a commit of unknown end, with more behind it, changes nothing that is there", async () => {
      const run = await running();
      await store.tell(telling(run));
      await store.tell(
        telling(run, {
          lines: [line(1, 1), line(2, 1), line(3, 1)],
          failedRecords: [
            { seq: 1, key: "k", reason: "r" },
            { seq: 2, key: "l", reason: "r" },
          ],
        }),
      );
      expect((await queries.logLines("run_1", { limit: 9 })).lines.map(({ seq }) => seq)).to.deep.equal([
        1, 2, 3,
      ]);
      expect(await queries.failedRecords("run_1", 0, 9)).to.have.length(2);
      const answer = await store.finish(finishOf(run, { lines: [line(1, 1), line(2, 1), line(3, 1)] }));
      expect(answer).to.equal("done");
    });

    it("tells nothing for an attempt that is no longer the run's, or has ended", async () => {
      const run = await running();
      await store.tell(telling({ ...run, attempt: 2 }));
      await store.finish(finishOf(run));
      const before = await get("run_1");
      await store.tell(telling(run));
      expect(await get("run_1")).to.deep.equal(before);
      expect((await queries.logLines("run_1", { limit: 9 })).lines).to.deep.equal([]);
      expect(await queries.failedRecords("run_1", 0, 9)).to.deep.equal([]);
    });
  });

  describe("cancelling", () => {
    it("ends a waiting run at once, with its reason", async () => {
      await store.insert([newRun({ id: "run_1" })]);
      expect(await store.requestCancel("run_1", "user", T0 + 5)).to.equal("cancelled");
      expect(await get("run_1")).to.include({
        state: "cancelled",
        reason: "user",
        cause: "cancelled before it started",
        finishedAt: T0 + 5,
      });
      expect(await claimAll()).to.deep.equal([]);
    });

    it("asks a running one to end, once: the first reason and instant stay", async () => {
      await running();
      expect(await store.requestCancel("run_1", "user", T0 + 5)).to.equal("running");
      expect(await store.requestCancel("run_1", "replaced", T0 + 9)).to.equal("running");
      expect((await get("run_1")).cancelRequestedAt).to.equal(T0 + 5);
      expect(await store.cancelRequested(["run_1", "run_2"])).to.deep.equal([
        { id: "run_1", attempt: 1, reason: "user" },
      ]);
      expect(await store.cancelRequested([])).to.deep.equal([]);
    });

    it("answers nothing for a run that has ended, and for one that is unknown", async () => {
      const run = await running();
      await store.finish(finishOf(run));
      expect(await store.requestCancel("run_1", "user", T0)).to.equal(undefined);
      expect(await store.requestCancel("run_unknown", "user", T0)).to.equal(undefined);
      expect((await get("run_1")).state).to.equal("succeeded");
    });

    it("X9: of a cancel and a claim at the same time one is first, and the other knows", async () => {
      for (let i = 0; i < 10; i++) {
        const id = `run_${i}`;
        await store.insert([newRun({ id })]);
        const [state, claimed] = await Promise.all([store.requestCancel(id, "user", T0), claimAll()]);
        expect(state).to.equal(claimed.length === 1 ? "running" : "cancelled");
        if (claimed[0]) expect(await store.finish(finishOf(claimed[0]))).to.equal("cancelled");
        expect((await get(id)).state).to.equal("cancelled");
      }
    });
  });

  describe("lost attempts", () => {
    it("X2: are taken back only if attempt and beat are still what was read", async () => {
      const run = await running();
      const read = await rowOf("run_1");
      await store.beat("worker-1", [run], 1);
      expect(await store.reap(read, "failed", T0, "lost")).to.equal(false);
      await store.beat("worker-2", [run], 7);
      await store.beat("worker-1", [{ ...run, attempt: 2 }], 8);
      await store.beat("worker-1", [], 9);
      const again = await rowOf("run_1");
      expect(again.beat).to.equal(1);
      expect(await store.reap({ ...again, attempt: 2 }, "failed", T0, "lost")).to.equal(false);
      const [one, two] = await Promise.all(
        [1, 2].map(() => store.reap(again, "failed", T0 + 7, "lost: its worker is gone")),
      );
      expect([one, two].filter(Boolean)).to.have.length(1);
      expect(await get("run_1")).to.include({
        state: "failed",
        reason: "lost",
        cause: "lost: its worker is gone",
        finishedAt: T0 + 7,
        triesUsed: 1,
      });
      const [attempt] = await queries.attempts("run_1");
      expect(attempt).to.include({ attempt: 1, state: "failed", reason: "lost", startedAt: T0, late: false });
    });

    it("X8: are tried again while attempts remain", async () => {
      await running();
      expect(await store.reap(await rowOf("run_1"), "retrying", T0 + 5, "lost")).to.equal(true);
      expect(await get("run_1")).to.include({ state: "retrying", finishedAt: null, availableAt: T0 + 5 });
      expect((await claimAll({ now: T0 + 5 }))[0]).to.include({ attempt: 2, triesUsed: 1 });
    });

    it("X9: end as cancelled when that was asked for", async () => {
      await running();
      await store.requestCancel("run_1", "replaced", T0);
      expect(await store.reap(await rowOf("run_1"), "retrying", T0 + 5, "lost")).to.equal(true);
      expect(await get("run_1")).to.include({ state: "cancelled", reason: "replaced", finishedAt: T0 + 5 });
      expect(await claimAll({ now: T0 + 5 })).to.deep.equal([]);
    });

    it("X5: a late end is kept beside the lost attempt and moves nothing, however often it is told", async () => {
      const run = await running();
      await store.reap(await rowOf("run_1"), "retrying", T0 + 5, "lost");
      const [second] = await claimAll({ now: T0 + 5 });
      const late = finishOf(run, {
        cause: "came late",
        exitCode: 7,
        state: { source: "default", jobKey: "job", scope: "", values: new Map([["k", "late"]]) },
      });
      expect(await store.finish(late)).to.equal("late");
      expect(await store.finish(late)).to.equal("late");
      expect(await get("run_1")).to.include({ state: "running", attempt: 2 });
      expect(await store.jobState("default", "job", "")).to.deep.equal(new Map());
      await store.finish(finishOf(second!));
      const attempts = await queries.attempts("run_1");
      expect(
        attempts.map(({ attempt, state, late, exitCode }) => [attempt, state, late, exitCode]),
      ).to.deep.equal([
        [1, "retrying", false, null],
        [1, "succeeded", true, 7],
        [2, "succeeded", false, 0],
      ]);
    });

    it("X2: a late end does not wake a run that has failed as lost", async () => {
      const run = await running({ maxAttempts: 1 });
      await store.reap(await rowOf("run_1"), "failed", T0 + 5, "lost");
      for (const to of ["retrying", "queued", "failed"] as const)
        expect(await store.finish(finishOf(run, { to }))).to.equal("late");
      expect(await get("run_1")).to.include({ state: "failed", reason: "lost" });
      expect(await claimAll({ now: T0 * 2 })).to.deep.equal([]);
    });
  });

  it("tells whether something could be claimed now", async () => {
    expect(await store.hasClaimable(["default"], T0)).to.equal(false);
    await store.insert([newRun({ id: "run_1", availableAt: T0 + 1 })]);
    expect(await store.hasClaimable(["default"], T0)).to.equal(false);
    expect(await store.hasClaimable(["other", "default"], T0 + 1)).to.equal(true);
    await claimAll({ now: T0 + 1 });
    expect(await store.hasClaimable(["default"], T0 + 1)).to.equal(false);
  });
});
