// Backfills on every database: one row an instant and batch, out of the way of what is due, ended together.
import { expect } from "chai";
import { DbBatchStore } from "../../src/db/batches.ts";
import { NamedLocks } from "../../src/db/named-locks.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { SettingsStore } from "../../src/db/settings-store.ts";
import { isDuplicate } from "../../src/db/sql.ts";
import { Backfills } from "../../src/runs/backfill.ts";
import { Notices } from "../../src/runs/notices.ts";
import { eventually } from "../support/eventually.ts";
import { OPEN_SPEC } from "../support/http-doubles.ts";
import { claimOf, newRun, scheduleOf, T0 } from "./make.ts";
import { fireOnce, MINUTE, onEveryScheduleStore, row } from "./schedule-rig.ts";

onEveryScheduleStore("backfills", (rig) => {
  const ACTOR = { type: "token", name: "ana" } as const;
  const range = (from: number, to: number) => ({
    from: new Date(T0 + from * MINUTE).toISOString(),
    to: new Date(T0 + to * MINUTE).toISOString(),
  });
  let notices: Notices;
  const alone = () => {
    const locks = new NamedLocks(new SettingsStore(rig.database));
    return <T>(name: string, work: () => Promise<T>) => locks.hold(name, work);
  };
  const backfills = () => {
    notices = new Notices();
    return new Backfills({
      batches: new DbBatchStore(rig.database),
      // Each with its own, as processes have them.
      alone: alone(),
      scheduleOf: (id) => rig.store.byId(id),
      insert: (runs, request) => rig.runs.insert(runs, request),
      specOf: () => OPEN_SPEC,
      standingOf: () => "ready",
      expect: () => undefined,
      notices,
      now: () => T0 + 100 * MINUTE,
    });
  };

  it("makes one queued run an instant, with the schedule's params, and tells the job which instant", async () => {
    const schedule = scheduleOf({
      params: { a: 1 },
      timeoutMs: 500,
      retries: { attempts: 4, backoffMs: 1, factor: 1, maxMs: 9 },
    });
    await rig.store.insert(schedule, "ci");
    const { batch, runs } = await backfills().start(schedule.id, range(1, 3), ACTOR);
    expect(runs).to.equal(3);
    const rows = await rig.runsOf(schedule.id);
    expect(rows.map((run) => run.forAt)).to.deep.equal([1, 2, 3].map((n) => T0 + n * MINUTE));
    for (const run of rows) {
      expect(run).to.deep.include({
        batch,
        fireAt: null,
        trigger: "backfill",
        state: "queued",
        exclusive: true,
        maxAttempts: 4,
        params: { a: 1 },
        overrides: { timeoutMs: 500, retries: schedule.retries!, fireAt: run.forAt! },
        actor: ACTOR,
      });
    }
    const found = await new DbRunQueries(rig.database).list({ batch: batch!, limit: 2 });
    expect(found.runs.map(({ id }) => id)).to.deep.equal([rows[2]!.id, rows[1]!.id]);
    expect(found.hasMore).to.equal(true);
    const counted = await new DbRunQueries(rig.database).count({ batch: batch!, limit: 1 }, 100);
    expect(counted).to.deep.equal({ count: 3, capped: false });
  });

  it("unique(batch, for_at): no instant has two runs in one batch", async () => {
    const twin = () => newRun({ batch: "bat_1", forAt: T0 });
    await rig.runs.insert([twin()]);
    const error = await rig.runs.insert([twin()]).catch((thrown: unknown) => thrown);
    expect(isDuplicate(error)).to.equal(true);
    await rig.runs.insert([newRun({ batch: "bat_2", forAt: T0 }), newRun(), newRun()]);
  });

  it("leaves out what ran, by its fire or by an earlier batch, and not what was skipped or cancelled", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    const fire = (n: number, state: string) =>
      newRun({ id: `run_00${n}`, scheduleId: schedule.id, fireAt: T0 + n * MINUTE, jobKey: state });
    await rig.runs.insert([
      fire(1, "succeeded"),
      fire(2, "failed"),
      fire(3, "cancelled"),
      newRun({
        id: "run_004",
        scheduleId: schedule.id,
        ...{ state: "skipped", reason: "missed", jobKey: "skipped" },
        ...{ fireAt: T0 + 4 * MINUTE, fireThrough: T0 + 6 * MINUTE, fireCount: 3 },
      }),
      newRun({
        id: "run_007",
        scheduleId: schedule.id,
        batch: "bat_0",
        forAt: T0 + 7 * MINUTE,
        jobKey: "running",
      }),
      newRun({
        id: "run_008",
        scheduleId: scheduleOf().id,
        batch: "bat_0",
        forAt: T0 + 8 * MINUTE,
        jobKey: "running",
      }),
    ]);
    await rig.database.write((sql) => sql.run("UPDATE task_runs SET state = job_key"));
    const start = async (only?: string) => {
      const { fires } = await backfills().start(schedule.id, { ...range(1, 9), only, dryRun: true }, ACTOR);
      return fires.map((at) => (at - T0) / MINUTE);
    };
    expect(await start()).to.deep.equal([3, 4, 5, 6, 8, 9]);
    expect(await start("not_succeeded")).to.deep.equal([2, 3, 4, 5, 6, 8, 9]);
    expect(await start("all")).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("two of one range at once, in one process and in another one, run each instant once", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    const [one, two] = [backfills(), backfills()];
    const answers = await Promise.all(
      [one, two, one, two].map((service) => service.start(schedule.id, range(1, 9), ACTOR)),
    );
    expect(answers.map(({ runs }) => runs).sort()).to.deep.equal([0, 0, 0, 9]);
    expect(answers.map(({ leftOut }) => leftOut).sort()).to.deep.equal([0, 9, 9, 9]);
    expect(await rig.runsOf(schedule.id)).to.have.length(9);
  });

  it("S10: leaves out what was merged, also of a range that begins before, unless all is asked for", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    const skipped = (n: number, through: number, reason: "merged" | "missed") =>
      newRun({
        ...{ scheduleId: schedule.id, state: "skipped", reason },
        ...{ fireAt: T0 + n * MINUTE, fireThrough: T0 + through * MINUTE, fireCount: through - n + 1 },
      });
    await rig.runs.insert([skipped(0, 3, "merged"), skipped(5, 6, "missed"), skipped(7, 8, "merged")]);
    const start = async (only?: string) => {
      const { fires } = await backfills().start(schedule.id, { ...range(2, 8), only, dryRun: true }, ACTOR);
      return fires.map((at) => (at - T0) / MINUTE);
    };
    expect(await start()).to.deep.equal([4, 5, 6]);
    expect(await start("not_succeeded")).to.deep.equal([4, 5, 6]);
    expect(await start("all")).to.deep.equal([2, 3, 4, 5, 6, 7, 8]);
  });

  it("S9: is not met by what is due, waits behind it, and runs beside no other run of its schedule", async () => {
    const schedule = scheduleOf({ overlap: "skip" });
    await rig.store.insert(schedule, "ci");
    await backfills().start(schedule.id, range(-3, -1), ACTOR);
    await rig.store.settleDue(T0 + MINUTE, 500, (given, active) => {
      expect(active).to.deep.equal([]);
      return { ...fireOnce(given), rows: [row(T0 + MINUTE)] };
    });
    const claims: string[] = [];
    rig.runs.onClaim(
      // Once only: it is asked in each later commit too, and what the next tests insert is theirs.
      () => (claims.length > 0 ? undefined : claimOf({ now: T0 + 200 * MINUTE })),
      ({ claimed }) => claims.push(...claimed.map(({ trigger }) => trigger)),
      () => undefined,
    );
    await eventually(() => {
      rig.runs.claimSoon();
      return claims.length > 0;
    });
    expect(claims, "the fire that is due goes first, alone").to.deep.equal(["schedule"]);
  });

  it("is cancelled as one: what waits ends, what runs is asked to, what has ended stays", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    const service = backfills();
    const { batch } = await service.start(schedule.id, range(1, 4), ACTOR);
    const [first, second] = await rig.runsOf(schedule.id);
    await rig.database.write(async (sql) => {
      await sql.run("UPDATE task_runs SET state = 'running', queue_rank = NULL WHERE id = ?", [first!.id]);
      await sql.run(
        "UPDATE task_runs SET state = 'succeeded', finished_at = 1, queue_rank = NULL WHERE id = ?",
        [second!.id],
      );
    });
    const asked: string[] = [];
    notices.onCancelAsked((id) => asked.push(id));
    expect(await service.cancel(batch!, { by: "ana", note: "wrong day" })).to.deep.equal({
      cancelled: 2,
      asked: 1,
    });
    expect(asked).to.deep.equal([first!.id]);
    expect((await rig.runs.cancelRequested([first!.id])).map(({ id }) => id)).to.deep.equal([first!.id]);
    const { states, from, to } = await service.summary(batch!);
    expect(states).to.deep.equal({ running: 1, succeeded: 1, cancelled: 2 });
    expect([from, to]).to.deep.equal([T0 + MINUTE, T0 + 4 * MINUTE]);
    expect(await service.cancel(batch!, { by: "ana", note: null })).to.deep.equal({ cancelled: 0, asked: 1 });
  });
});
