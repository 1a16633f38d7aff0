import { expect } from "chai";
import { DbRunFigures } from "../../src/db/run-figures.ts";
import { newId } from "../../src/ids.ts";
import { newRun, T0 } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";

const MINUTE = 60_000;

onEveryRunStore("figures over runs", (rig) => {
  let figures: DbRunFigures;
  before(() => (figures = new DbRunFigures(rig.database)));

  const insert = async (
    n: number,
    more: Parameters<typeof newRun>[0],
    columns: Record<string, string | number>,
  ) => {
    const runs = Array.from({ length: n }, (_, i) => {
      const queuedAt = T0 + i * MINUTE;
      return newRun({
        id: newId("run", queuedAt),
        queuedAt,
        ...more,
        fireAt: more?.scheduleId ? queuedAt : null,
      });
    });
    await rig.store.insert(runs);
    const names = Object.keys(columns);
    await rig.database.write(async (sql) => {
      for (const { id, queuedAt } of runs)
        await sql.run(
          `UPDATE task_runs SET started_at = ?, finished_at = ?, ${names.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`,
          [queuedAt + 10, queuedAt + 510, ...Object.values(columns), id],
        );
    });
  };

  it("of a job: states, durations of successes, starts of scheduled runs, records, since a time", async () => {
    const scheduled = { trigger: "schedule", scheduleId: "sch_1" } as const;
    await insert(10, scheduled, {
      state: "succeeded",
      records_processed: 3,
      records_success: 2,
      records_failed: 1,
    });
    await insert(4, {}, { state: "failed", reason: "error" });
    await insert(3, { jobKey: "other" }, { state: "succeeded" });
    const all = await figures.ofJob("default", "job", T0);
    expect(all.byState).to.deep.equal({ succeeded: 10, failed: 4 });
    expect(all.durationsMs).to.deep.equal(Array<number>(10).fill(500));
    expect(all.starts).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => ({ at: T0 + i * MINUTE + 10, scheduleId: "sch_1" })),
    );
    expect(all.records).to.deep.equal({ processed: 30, success: 20, failed: 10, skipped: 0 });
    expect(all.partial).to.equal(false);
    expect((await figures.ofJob("default", "job", T0 + 5 * MINUTE)).byState).to.deep.equal({ succeeded: 5 });
    expect((await figures.ofJob("default", "nothing", T0)).byState).to.deep.equal({});
  });

  it("by hour: states of the runs queued since then, of some sources or all", async () => {
    const hour = T0 - (T0 % 3_600_000);
    await insert(70, {}, { state: "succeeded" });
    await insert(2, { source: "acme" }, { state: "failed", reason: "error" });
    const { counts, partial } = await figures.byHour(T0, null);
    expect(partial).to.equal(false);
    const first = 60 - (T0 - hour) / MINUTE;
    expect(counts.sort((a, b) => a.hour - b.hour || a.count - b.count)).to.deep.equal([
      { hour, state: "failed", count: 2 },
      { hour, state: "succeeded", count: first },
      { hour: hour + 60 * MINUTE, state: "succeeded", count: 70 - first },
    ]);
    expect((await figures.byHour(T0, ["acme"])).counts).to.deep.equal([{ hour, state: "failed", count: 2 }]);
    expect((await figures.byHour(T0, [])).counts).to.deep.equal([]);
  });

  it("runs that could start now are the queue, and skipped fires are counted once", async () => {
    await rig.store.insert([newRun(), newRun({ availableAt: T0 + MINUTE })]);
    expect(await figures.queued(T0)).to.equal(1);
    expect(await figures.queued(T0 + MINUTE)).to.equal(2);
    const skip = (reason: "overlap" | "paused") =>
      newRun({ state: "skipped", reason, id: newId("run", Date.now() + MINUTE) });
    expect(await figures.skippedSinceStart()).to.deep.equal(new Map());
    await rig.store.insert([skip("overlap"), skip("overlap"), skip("paused")]);
    const counted = new Map([
      ["overlap", 2],
      ["paused", 1],
    ]);
    expect(await figures.skippedSinceStart()).to.deep.equal(counted);
    expect(await figures.skippedSinceStart()).to.deep.equal(counted);
  });

  it("the last success of each job that ever had one, and until when fires were left out on purpose after it", async () => {
    await rig.publish("job", null, null);
    await rig.publish("other", null, null);
    await rig.publish("never", null, null);
    const [at, later] = [T0 + 510, T0 + 2 * MINUTE + 510];
    await insert(3, {}, { state: "succeeded" });
    await insert(1, { jobKey: "other" }, { state: "succeeded" });
    await insert(9, { jobKey: "never" }, { state: "failed", reason: "error" });
    const failedLater = T0 + 60 * MINUTE;
    await rig.store.insert([
      newRun({ id: newId("run", failedLater), queuedAt: failedLater, state: "skipped", reason: "overlap" }),
    ]);
    const found = await figures.lastSuccesses();
    expect(found.map(({ jobKey, finishedAt }) => [jobKey, finishedAt]).sort()).to.deep.equal([
      ["job", later],
      ["other", at],
    ]);
    const last = found.find(({ jobKey }) => jobKey === "job")!;
    expect(last.runId).to.equal((await rig.get(last.runId)).id);
    expect(await figures.leftOutThrough("default", "job", last.runId)).to.equal(null);
    const skip = (minute: number, through: number | null, reason: "paused" | "missed" | "asked") =>
      newRun({
        id: newId("run", T0 + minute * MINUTE),
        scheduleId: "sch_9",
        state: "skipped",
        reason,
        fireAt: T0 + minute * MINUTE,
        fireThrough: through === null ? null : T0 + through * MINUTE,
      });
    await rig.store.insert([skip(1, null, "asked"), skip(70, 90, "paused"), skip(91, null, "missed")]);
    expect(await figures.leftOutThrough("default", "job", last.runId)).to.equal(T0 + 90 * MINUTE);
    expect(await figures.leftOutThrough("default", "never", "")).to.equal(null);
  });
});
