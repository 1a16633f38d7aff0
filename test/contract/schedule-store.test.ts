// ScheduleStore on every database: fires, cursors and revisions move together or not at all (S1, S6, S7, S8).
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbIdempotencyStore } from "../../src/db/idempotency-store.ts";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { isDuplicate } from "../../src/db/sql.ts";
import type { TaskRun } from "../../src/runs/task-run.ts";
import type { ActiveRun, Plan, PlannedRow, Schedule } from "../../src/schedules/schedule.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { newRun, scheduleOf, T0 } from "./make.ts";

const MINUTE = 60_000;

const row = (fireAt: number, more: Partial<PlannedRow> = {}): PlannedRow => ({
  outcome: "run",
  reason: null,
  cause: null,
  fireAt,
  fireThrough: null,
  fireCount: null,
  availableAt: fireAt,
  missed: null,
  ...more,
});

/** One run for the next fire, and on to the one after it. */
const fireOnce = (schedule: Schedule): Plan => ({
  rows: [row(schedule.nextFireAt!)],
  firedThrough: schedule.nextFireAt!,
  nextFireAt: schedule.nextFireAt! + MINUTE,
  runsCounted: schedule.runsCounted + 1,
  cancel: [],
});

onEveryDatabase("ScheduleStore", (databases) => {
  let url: string;
  let database: Database;
  let store: DbScheduleStore;
  const faults: [string, unknown][] = [];
  const factsOf = (schedule: Schedule) => ({
    jobName: `name of ${schedule.jobKey}`,
    maxAttempts: schedule.retries?.attempts ?? 2,
  });

  before(async function () {
    this.timeout(60_000);
    url = await databases.freshUrl();
    database = await openDatabase({
      url,
      clock: { now: () => T0 + 5 * MINUTE, monotonic: () => performance.now() },
    });
    await migrate(database);
    store = new DbScheduleStore(database, { factsOf, onFault: (id, error) => faults.push([id, error]) });
  });
  after(() => database.close());
  beforeEach(async () => {
    faults.length = 0;
    await database.write(async (sql) => {
      for (const table of ["schedules", "schedule_revisions", "task_runs", "idempotency_keys"])
        await sql.run(`DELETE FROM ${table}`);
    });
  });

  async function runsOf(scheduleId: string): Promise<TaskRun[]> {
    const { runs } = await new DbRunQueries(database).list({ scheduleId, limit: 1_000, order: "oldest" });
    return runs;
  }
  const revisionsOf = async (id: string) =>
    (
      await database.read.all("SELECT * FROM schedule_revisions WHERE schedule_id = ? ORDER BY revision", [
        id,
      ])
    ).map((one) => ({
      revision: Number(one["revision"]),
      from: Number(one["from_instant"]),
      actor: one["actor"],
      definition: JSON.parse(String(one["definition"])) as Schedule,
    }));

  describe("keeping", () => {
    const kinds: Partial<Schedule>[] = [
      {
        when: {
          kind: "cron",
          cron: "30 2 * * 1-5",
          timeZone: "Europe/Berlin",
          gap: "skip",
          repeat: "both",
        },
        timeZone: "Europe/Berlin",
        name: "naïve 🛰",
        params: { token: { $sealed: "v1.a.b.c" }, list: [1, "two", null], deep: { x: {} } },
        enabled: false,
        overlap: "cancel_other",
        catchUp: { policy: "merge", windowMs: 0, max: 1 },
        jitterMs: 5_000,
        timeoutMs: 1,
        retries: { attempts: 3, backoffMs: 10, factor: 1.5, maxMs: 100 },
        maxFailedShare: 0.05,
        startAt: T0 - 1,
        endAt: Number.MAX_SAFE_INTEGER,
        maxRuns: 7,
        runsCounted: 3,
        revision: 9,
        nextFireAt: null,
        origin: "code",
      },
      { when: { kind: "every", everyMs: 1_000, anchorAt: T0 - 123 } },
      { when: { kind: "at", at: T0 + 1 }, timeZone: "Asia/Kathmandu" },
    ];
    for (const kind of kinds) {
      it(`gives back a schedule of kind ${kind.when!.kind} with every field as it was`, async () => {
        const schedule = scheduleOf(kind);
        await store.insert(schedule, "ci");
        expect(await store.byId(schedule.id)).to.deep.equal(schedule);
        const [first] = await revisionsOf(schedule.id);
        expect(first).to.deep.equal({
          revision: schedule.revision,
          from: schedule.updatedAt,
          actor: "ci",
          definition: schedule,
        });
      });
    }

    it("knows nothing of an unknown id", async () => {
      expect(await store.byId("sch_unknown")).to.equal(undefined);
      expect(await store.change("sch_unknown", "ci", () => expect.fail("asked"))).to.equal(undefined);
    });

    it("A1: records the request whose effect it is in the same transaction", async () => {
      const keys = new DbIdempotencyStore(database);
      const ref = { actor: "tok_1", key: "once", digest: "d" };
      await keys.begin(ref, T0);
      const schedule = scheduleOf();
      await store.insert(schedule, "ci", ref);
      expect(await keys.begin(ref, T0)).to.deep.equal({ kind: "done", status: 201, resourceId: schedule.id });

      const again = { ...ref, key: "again" };
      await keys.begin(again, T0);
      const error = await store.insert(schedule, "ci", again).catch((thrown: unknown) => thrown);
      expect(isDuplicate(error)).to.equal(true);
      expect(await keys.begin(again, T0)).to.deep.equal({ kind: "running" });
    });

    it("lists by source, job and address, in order of id, page by page", async () => {
      const all: Schedule[] = [];
      for (const [source, jobKey] of [
        ["a", "x"],
        ["a", "y"],
        ["b", "x"],
        ["b", "x"],
      ] as const) {
        all.push(scheduleOf({ source, jobKey }));
        await store.insert(all.at(-1)!, "ci");
      }
      const ids = async (filter: Parameters<typeof store.list>[0]) =>
        (await store.list(filter)).map(({ id }) => id);
      const sorted = (schedules: Schedule[]) => schedules.map(({ id }) => id).sort();
      expect(await ids({ limit: 10 })).to.deep.equal(sorted(all));
      expect(await ids({ limit: 10, source: "a" })).to.deep.equal(sorted(all.slice(0, 2)));
      expect(await ids({ limit: 10, sources: ["b", "c", "d"] })).to.deep.equal(sorted(all.slice(2)));
      expect(await ids({ limit: 10, sources: [] })).to.deep.equal([]);
      expect(await ids({ limit: 10, jobs: [] })).to.deep.equal([]);
      expect(await ids({ limit: 10, source: "a", jobKey: "x" })).to.deep.equal(sorted(all.slice(0, 1)));
      expect(await ids({ limit: 10, jobs: ["a:y", "b:x", "c:z"] })).to.deep.equal(sorted(all.slice(1)));
      expect(await ids({ limit: 10, jobs: ["a:y", "b:x"], sources: ["b"] })).to.deep.equal(
        sorted(all.slice(2)),
      );
      const first = await ids({ limit: 3 });
      expect(first).to.deep.equal(sorted(all).slice(0, 3));
      expect(await ids({ limit: 3, after: first[2] })).to.deep.equal(sorted(all).slice(3));
    });
  });

  describe("settling", () => {
    it("writes the row of a fire and moves the cursor", async () => {
      const schedule = scheduleOf({
        params: { a: 1 },
        timeoutMs: 500,
        retries: { attempts: 4, backoffMs: 1, factor: 2, maxMs: 9 },
        maxFailedShare: 0.1,
        revision: 3,
      });
      await store.insert(schedule, "ci");
      const fireAt = T0 + MINUTE;
      const missed = { from: T0, to: fireAt, count: 2 };
      const due = await store.settleDue(fireAt + 7, 500, (given, active) => {
        expect(given).to.deep.equal(schedule);
        expect(active).to.deep.equal([]);
        return {
          ...fireOnce(given),
          rows: [row(fireAt, { availableAt: fireAt + 99, missed, cause: "late" })],
        };
      });
      expect(due).to.equal(1);
      const [run] = await runsOf(schedule.id);
      expect(run).to.deep.include({
        source: "default",
        jobKey: "job",
        jobName: "name of job",
        scheduleRevision: 3,
        trigger: "schedule",
        state: "queued",
        reason: null,
        cause: "late",
        fireAt,
        fireThrough: null,
        fireCount: null,
        priority: 0,
        queuedAt: fireAt + 7,
        availableAt: fireAt + 99,
        finishedAt: null,
        maxAttempts: 4,
        versionWanted: null,
        exclusive: true,
        params: { a: 1 },
        overrides: { timeoutMs: 500, retries: schedule.retries!, maxFailedShare: 0.1, missed },
        actor: { type: "service", name: "scheduler" },
      });
      expect(await store.byId(schedule.id)).to.deep.equal({
        ...schedule,
        firedThrough: fireAt,
        nextFireAt: fireAt + MINUTE,
        runsCounted: 1,
      });
      expect(await revisionsOf(schedule.id)).to.have.length(1);
    });

    it("S3: finishes skipped fires and ranges at once, with reason and cause", async () => {
      const schedule = scheduleOf({ overlap: "allow_all" });
      await store.insert(schedule, "ci");
      await store.settleDue(T0 + 3 * MINUTE, 500, (given) => ({
        ...fireOnce(given),
        rows: [
          row(T0 + MINUTE, {
            outcome: "skip",
            reason: "missed",
            cause: "the service was down",
            fireThrough: T0 + 2 * MINUTE,
            fireCount: 2,
          }),
          row(T0 + 3 * MINUTE),
        ],
      }));
      const [range, run] = await runsOf(schedule.id);
      expect(range).to.include({
        state: "skipped",
        reason: "missed",
        cause: "the service was down",
        fireThrough: T0 + 2 * MINUTE,
        fireCount: 2,
        finishedAt: T0 + 3 * MINUTE,
      });
      expect(run).to.include({ state: "queued", exclusive: false, fireAt: T0 + 3 * MINUTE });
    });

    it("takes what is due and enabled, the longest due first, at most `limit`", async () => {
      const due = [3, 1, 2].map((n) => scheduleOf({ nextFireAt: T0 + n, jobKey: `due ${n}` }));
      const others = [
        scheduleOf({ nextFireAt: T0 + 101 }),
        scheduleOf({ nextFireAt: T0, enabled: false }),
        scheduleOf({ nextFireAt: null }),
      ];
      for (const schedule of [...due, ...others]) await store.insert(schedule, "ci");
      const asked: string[] = [];
      const decide = (schedule: Schedule) => {
        asked.push(schedule.jobKey);
        return { ...fireOnce(schedule), nextFireAt: T0 + MINUTE };
      };
      expect(await store.settleDue(T0 + 100, 2, decide)).to.equal(2);
      expect(await store.settleDue(T0 + 100, 2, decide)).to.equal(1);
      expect(await store.settleDue(T0 + 100, 2, decide)).to.equal(0);
      expect(asked).to.deep.equal(["due 1", "due 2", "due 3"]);
    });

    it("hands over the runs that have not ended, of this schedule only", async () => {
      const runs = new DbRunStore(database);
      const [one, other] = [scheduleOf(), scheduleOf({ nextFireAt: T0 + 2 * MINUTE })];
      await store.insert(one, "ci");
      await store.insert(other, "ci");
      const ids = ["run_001", "run_002", "run_003", "run_004", "run_005"];
      await runs.insert([
        ...ids.map((id, i) => newRun({ id, scheduleId: one.id, fireAt: i === 0 ? null : T0 - i })),
        newRun({ id: "run_006", scheduleId: other.id, fireAt: T0 }),
        newRun({ id: "run_007", scheduleId: one.id, fireAt: T0, state: "skipped", reason: "overlap" }),
      ]);
      await database.write(async (sql) => {
        for (const [id, state, finished] of [
          ["run_002", "running", null],
          ["run_003", "retrying", null],
          ["run_004", "succeeded", T0],
          ["run_005", "failed", T0],
        ] as const)
          await sql.run("UPDATE task_runs SET state = ?, finished_at = ? WHERE id = ?", [
            state,
            finished,
            id,
          ]);
      });
      const seen: ActiveRun[][] = [];
      await store.settleDue(T0 + MINUTE, 500, (schedule, active) => {
        seen.push(active);
        return fireOnce(schedule);
      });
      expect(seen).to.deep.equal([
        [
          { id: "run_001", state: "queued", fireAt: null },
          { id: "run_002", state: "running", fireAt: T0 - 1 },
          { id: "run_003", state: "retrying", fireAt: T0 - 2 },
        ],
      ]);
    });

    it("S9: ends what a fire replaces: waiting runs at once, a running one when it hears of it", async () => {
      const runs = new DbRunStore(database);
      const schedule = scheduleOf({ overlap: "cancel_other" });
      await store.insert(schedule, "ci");
      await runs.insert(["run_001", "run_002"].map((id) => newRun({ id, scheduleId: schedule.id })));
      await database.write((sql) => sql.run("UPDATE task_runs SET state = 'running' WHERE id = 'run_002'"));
      await store.settleDue(T0 + MINUTE, 500, (given, active) => ({
        ...fireOnce(given),
        cancel: active.map(({ id }) => id),
      }));
      const [waiting, running, fired] = await runsOf(schedule.id);
      expect(waiting).to.include({ state: "cancelled", reason: "replaced" });
      expect(waiting!.finishedAt).to.equal(T0 + MINUTE);
      expect(running).to.include({ state: "running", reason: null, cancelRequestedAt: T0 + MINUTE });
      expect(await runs.cancelRequested(["run_002"])).to.deep.equal([
        { id: "run_002", attempt: 0, reason: "replaced" },
      ]);
      expect(fired).to.include({ state: "queued", fireAt: T0 + MINUTE });
    });

    it("moves every cursor to its own place, whether many stand alike or none", async () => {
      const schedules = Array.from({ length: 40 }, (_, i) => scheduleOf({ runsCounted: i, jobKey: `j${i}` }));
      for (const schedule of schedules) await store.insert(schedule, "ci");
      const cursorOf = (i: number) => ({
        firedThrough: i < 30 ? T0 + MINUTE : T0 + MINUTE - i,
        nextFireAt: i % 10 === 0 ? null : T0 + (i < 30 ? 2 : 3) * MINUTE,
        runsCounted: i + (i % 2),
      });
      await store.settleDue(T0 + MINUTE, 500, (schedule) => ({
        rows: [row(T0 + MINUTE)],
        ...cursorOf(schedule.runsCounted),
        cancel: [],
      }));
      for (const [i, schedule] of schedules.entries())
        expect(await store.byId(schedule.id), `schedule ${i}`).to.deep.equal({ ...schedule, ...cursorOf(i) });
    });

    it("S1: settled by many at once, each fire has exactly one row", async function () {
      this.timeout(60_000);
      const schedules = Array.from({ length: 150 }, () => scheduleOf());
      for (const schedule of schedules) await store.insert(schedule, "ci");
      const replicas = [store, store];
      const handles: Database[] = [];
      if (databases.name === "mariadb") {
        for (let i = 0; i < 2; i++) {
          handles.push(await openDatabase({ url }));
          replicas.push(new DbScheduleStore(handles[i]!, { factsOf }));
        }
      }
      const settleAll = async (replica: DbScheduleStore) => {
        let settled = 0;
        for (let minute = 1; minute <= 3; minute++) {
          for (let n; (n = await replica.settleDue(T0 + minute * MINUTE, 20, fireOnce)) > 0;) settled += n;
        }
        return settled;
      };
      const settled = await Promise.all(replicas.map(settleAll));
      for (const handle of handles) await handle.close();
      // Whoever passed by what another one held may have left something for the next tick.
      settled.push(await settleAll(store));
      const rows = await database.read.all("SELECT schedule_id, fire_at FROM task_runs");
      expect(rows).to.have.length(450);
      expect(
        new Set(rows.map((one) => `${String(one["schedule_id"])} ${Number(one["fire_at"])}`)).size,
      ).to.equal(450);
      expect(settled.reduce((a, b) => a + b)).to.equal(450);
      expect(faults).to.deep.equal([]);
    });

    it("S1: a fire that has its row already costs nobody else anything, and its cursor moves past it", async () => {
      const schedules = Array.from({ length: 5 }, () => scheduleOf());
      for (const schedule of schedules) await store.insert(schedule, "ci");
      const offender = schedules[2]!;
      const fireAt = T0 + MINUTE;
      await new DbRunStore(database).insert([newRun({ id: "run_001", scheduleId: offender.id, fireAt })]);
      expect(
        await store.settleDue(fireAt + MINUTE, 500, (schedule) => ({
          ...fireOnce(schedule),
          rows: [row(fireAt), row(fireAt + MINUTE)],
          firedThrough: fireAt + MINUTE,
          nextFireAt: fireAt + 2 * MINUTE,
        })),
      ).to.equal(5);
      for (const schedule of schedules) {
        const runs = await runsOf(schedule.id);
        expect(runs.map((run) => run.fireAt)).to.deep.equal([fireAt, fireAt + MINUTE]);
        expect((await store.byId(schedule.id))!.firedThrough).to.equal(fireAt + MINUTE);
      }
      expect((await runsOf(offender.id))[0]!.id).to.equal("run_001");
      expect(faults.map(([id]) => id)).to.deep.equal([offender.id]);
    });

    it("a schedule that cannot be planned is told of and holds up no other", async () => {
      const schedules = Array.from({ length: 4 }, (_, i) => scheduleOf({ jobKey: `j${i}` }));
      for (const schedule of schedules) await store.insert(schedule, "ci");
      const decide = (schedule: Schedule) => {
        if (schedule.jobKey === "j1") throw new RangeError("no such zone");
        return fireOnce(schedule);
      };
      expect(await store.settleDue(T0 + MINUTE, 500, decide)).to.equal(4);
      expect(faults).to.have.length(1);
      expect(faults[0]![0]).to.equal(schedules[1]!.id);
      expect(await store.byId(schedules[1]!.id)).to.deep.equal(schedules[1]);
      expect(await runsOf(schedules[1]!.id)).to.deep.equal([]);
      expect(await runsOf(schedules[0]!.id)).to.have.length(1);
      // Alone it must not keep whoever settles until nothing is due at it for ever.
      expect(await store.settleDue(T0 + MINUTE, 500, decide)).to.equal(0);
    });

    it("settles several hundred in one call, and 3,000 rows of one schedule", async function () {
      this.timeout(60_000);
      const schedules = Array.from({ length: 500 }, () => scheduleOf());
      for (const schedule of schedules) await store.insert(schedule, "ci");
      expect(await store.settleDue(T0 + MINUTE, 500, fireOnce)).to.equal(500);
      const [counts] = await database.read.all("SELECT COUNT(DISTINCT schedule_id) AS n FROM task_runs");
      expect(Number(counts!["n"])).to.equal(500);
      const rows = Array.from({ length: 3_000 }, (_, i) => row(T0 + 2 * MINUTE + i));
      await store.change(schedules[0]!.id, "ci", (schedule) => ({ rows, cancel: [], schedule }));
      const fires = (
        await database.read.all(
          "SELECT fire_at FROM task_runs WHERE schedule_id = ? AND fire_at >= ? ORDER BY id",
          [schedules[0]!.id, T0 + 2 * MINUTE],
        )
      ).map((one) => Number(one["fire_at"]));
      expect(fires).to.deep.equal(rows.map((one) => one.fireAt));
    });
  });

  describe("changing", () => {
    it("S7: writes what the old revision owes and the new revision together", async () => {
      const schedule = scheduleOf({ params: { old: true } });
      await store.insert(schedule, "ci");
      const edited: Schedule = {
        ...schedule,
        params: { old: false },
        overlap: "allow_all",
        when: { kind: "at", at: T0 + 9 * MINUTE },
        revision: 2,
        firedThrough: T0 + 5 * MINUTE,
        nextFireAt: T0 + 9 * MINUTE,
        runsCounted: 1,
        updatedAt: T0 + 5 * MINUTE,
      };
      const answer = await store.change(schedule.id, "anna", (given, active) => {
        expect(given).to.deep.equal(schedule);
        expect(active).to.deep.equal([]);
        return { rows: [row(T0 + MINUTE)], cancel: [], schedule: edited };
      });
      expect(answer).to.deep.equal(edited);
      expect(await store.byId(schedule.id)).to.deep.equal(edited);
      const [run] = await runsOf(schedule.id);
      expect(run).to.deep.include({ scheduleRevision: 1, params: { old: true }, exclusive: true });
      expect(
        (await revisionsOf(schedule.id)).map(({ revision, actor, from }) => [revision, actor, from]),
      ).to.deep.equal([
        [1, "ci", T0],
        [2, "anna", T0 + 5 * MINUTE],
      ]);
      expect((await revisionsOf(schedule.id))[1]!.definition).to.deep.equal(edited);
    });

    it("adds no revision when the revision stays", async () => {
      const schedule = scheduleOf();
      await store.insert(schedule, "ci");
      await store.change(schedule.id, "ci", (given) => ({ rows: [], cancel: [], schedule: given }));
      expect(await revisionsOf(schedule.id)).to.have.length(1);
    });

    it("leaves all as it was when the decision throws", async () => {
      const schedule = scheduleOf();
      await store.insert(schedule, "ci");
      const error = await store
        .change(schedule.id, "ci", () => {
          throw new Error("412");
        })
        .catch((thrown: Error) => thrown);
      expect(error).to.be.instanceOf(Error).with.property("message", "412");
      expect(await store.byId(schedule.id)).to.deep.equal(schedule);
      expect(await runsOf(schedule.id)).to.deep.equal([]);
    });

    it("does many changes of one schedule one after the other, each on what the one before left", async () => {
      const schedule = scheduleOf();
      await store.insert(schedule, "ci");
      await Promise.all(
        Array.from({ length: 12 }, () =>
          store.change(schedule.id, "ci", (given) => ({
            rows: [],
            cancel: [],
            schedule: { ...given, revision: given.revision + 1, runsCounted: given.runsCounted + 1 },
          })),
        ),
      );
      expect(await store.byId(schedule.id)).to.include({ revision: 13, runsCounted: 12 });
      expect(await revisionsOf(schedule.id)).to.have.length(13);
    });

    it("S1, S8: changes and settlings of one schedule at once leave each fire one row", async () => {
      const schedule = scheduleOf();
      await store.insert(schedule, "ci");
      const now = T0 + MINUTE;
      const settle = (given: Schedule): Plan =>
        given.nextFireAt! <= now ? fireOnce(given) : { ...fireOnce(given), ...given, rows: [] };
      await Promise.all([
        ...Array.from({ length: 5 }, () => store.settleDue(now, 500, settle)),
        ...Array.from({ length: 5 }, () =>
          store.change(schedule.id, "ci", (given) => {
            const { rows, cancel, ...cursor } = settle(given);
            const { firedThrough, nextFireAt, runsCounted } = cursor;
            return {
              rows,
              cancel,
              schedule: { ...given, firedThrough, nextFireAt, runsCounted, revision: given.revision + 1 },
            };
          }),
        ),
      ]);
      expect((await runsOf(schedule.id)).map((run) => run.fireAt)).to.deep.equal([now]);
      expect(await store.byId(schedule.id)).to.include({ firedThrough: now, runsCounted: 1, revision: 6 });
      expect(faults).to.deep.equal([]);
    });

    it("changes a schedule whose fire has its row already", async () => {
      const schedule = scheduleOf();
      await store.insert(schedule, "ci");
      await new DbRunStore(database).insert([newRun({ scheduleId: schedule.id, fireAt: T0 + MINUTE })]);
      const changed = await store.change(schedule.id, "ci", (given) => ({
        rows: [row(T0 + MINUTE), row(T0 + 2 * MINUTE)],
        cancel: [],
        schedule: { ...given, revision: 2, firedThrough: T0 + 2 * MINUTE },
      }));
      expect(changed!.firedThrough).to.equal(T0 + 2 * MINUTE);
      expect(await runsOf(schedule.id)).to.have.length(2);
      expect(faults.map(([id]) => id)).to.deep.equal([schedule.id]);
    });

    it("S8: deleting ends its waiting runs, asks a running one, and keeps its history", async () => {
      const runs = new DbRunStore(database);
      const [schedule, other] = [scheduleOf(), scheduleOf()];
      await store.insert(schedule, "ci");
      await store.insert(other, "ci");
      await runs.insert([
        newRun({ id: "run_001", scheduleId: schedule.id, fireAt: T0 - 3 }),
        newRun({ id: "run_002", scheduleId: schedule.id, fireAt: T0 - 2 }),
        newRun({ id: "run_003", scheduleId: schedule.id, fireAt: T0 - 1 }),
        newRun({ id: "run_004", scheduleId: other.id, fireAt: T0 - 1 }),
      ]);
      await database.write(async (sql) => {
        await sql.run("UPDATE task_runs SET state = 'running' WHERE id = 'run_002'");
        await sql.run("UPDATE task_runs SET state = 'succeeded', finished_at = 1 WHERE id = 'run_003'");
      });
      const deleted = await store.change(schedule.id, "ci", () => ({
        rows: [row(T0 + MINUTE), row(T0, { outcome: "skip", reason: "overlap" })],
        cancel: ["run_001"],
        schedule: null,
      }));
      expect(deleted!.id).to.equal(schedule.id);
      expect(await store.byId(schedule.id)).to.equal(undefined);
      expect(await store.byId(other.id)).to.deep.equal(other);
      const states = (await runsOf(schedule.id)).map((run) => [run.fireAt, run.state, run.reason]);
      expect(states).to.have.deep.members([
        [T0 - 3, "cancelled", "replaced"],
        [T0 - 2, "running", null],
        [T0 - 1, "succeeded", null],
        [T0, "skipped", "overlap"],
        [T0 + MINUTE, "cancelled", "schedule_deleted"],
      ]);
      expect(await runs.cancelRequested(["run_002"])).to.have.deep.members([
        { id: "run_002", attempt: 0, reason: "schedule_deleted" },
      ]);
      expect((await runsOf(other.id))[0]!.state).to.equal("queued");
      expect(await revisionsOf(schedule.id)).to.have.length(1);
    });
  });
});
