// RunStore on every database: what may not run together does not, whoever claims it (S9).
import { expect } from "chai";
import { DbRunStore } from "../../src/db/run-store.ts";
import type { ClaimedRun } from "../../src/runs/store.ts";
import { claimOnce } from "./claim-once.ts";
import { claimOf, finishOf, newRun, T0 } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("RunStore: slots", (rig, databases) => {
  /** Runs everything with two workers at once, and answers the most that ran at the same time, by key. */
  async function runAll(
    keyOf: (run: ClaimedRun) => string,
  ): Promise<{ most: Map<string, number>; ran: string[] }> {
    const second = databases.name === "mariadb" ? await databases.again(rig.database) : rig.database;
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
    await Promise.all([work(rig.store, "worker-1"), work(new DbRunStore(second), "worker-2")]);
    return { most, ran };
  }

  it("two runs of one schedule never run together, whoever claims them", async function () {
    this.timeout(60_000);
    const schedules = ["sch_1", "sch_2", "sch_3"];
    await rig.store.insert(
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
    await rig.store.insert(
      Array.from({ length: 5 }, (_, i) => newRun({ scheduleId: "sch_1", fireAt: i, exclusive: false })),
    );
    expect(await rig.claimAll()).to.have.length(5);
  });

  it("attempts of a job never exceed its concurrency, over schedules and triggers", async function () {
    this.timeout(60_000);
    await rig.publish("limited", "v1", 3);
    await rig.publish("single", "v1", 1);
    await rig.store.insert(
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
    await rig.publish("job", "v1", 2);
    await rig.store.insert(Array.from({ length: 9 }, (_, i) => newRun({ id: `run_${i}`, maxAttempts: 9 })));
    const slots = async () =>
      (await rig.queries.list({ states: ["running"], limit: 9 })).runs.map((run) => run.jobSlot);
    let claimed = await rig.claimAll();
    expect(await slots()).to.have.members(["default:job#1", "default:job#2"]);
    expect(await rig.claimAll()).to.deep.equal([]);
    for (const to of ["succeeded", "failed", "cancelled", "retrying", "queued"] as const) {
      const later = { availableAt: T0 * 2 };
      expect(await rig.store.finish(finishOf(claimed[0]!, { to, ...later })), to).to.equal("done");
      const next = await rig.claimAll();
      expect(next, to).to.have.length(1);
      claimed = [claimed[1]!, next[0]!];
    }
    expect(await rig.store.reap(await rig.rowOf(claimed[0]!.id), "failed", T0, "lost")).to.equal(true);
    expect(await rig.claimAll()).to.have.length(1);
    expect(await slots()).to.have.members(["default:job#1", "default:job#2"]);
    expect(await rig.store.runningOf("default", "job")).to.equal(2);
  });

  it("frees the schedule's slot too", async () => {
    await rig.store.insert(
      [1, 2].map((i) => newRun({ id: `run_${i}`, scheduleId: "sch_1", fireAt: i, exclusive: true })),
    );
    const [first] = await rig.claimAll();
    expect(await rig.claimAll()).to.deep.equal([]);
    await rig.store.finish(finishOf(first!));
    expect((await rig.claimAll()).map(({ id }) => id)).to.deep.equal(["run_2"]);
    expect((await rig.get("run_1")).scheduleSlot).to.equal(null);
  });

  it("jobs that may run ten thousand times at once keep no other from running or from ending", async () => {
    for (const key of ["wide", "wider"]) await rig.publish(key, "v1", 10_000);
    await rig.publish("plain", "v1", null);
    const job = (id: string, jobKey: string) => newRun({ id, jobKey });
    await rig.store.insert([job("run_1", "plain")]);
    const [first] = await rig.claimAll();
    await rig.store.insert([job("run_2", "wide"), job("run_3", "wider"), job("run_4", "plain")]);
    expect((await rig.claimAll()).map(({ id }) => id)).to.deep.equal(["run_2", "run_3", "run_4"]);
    expect(await rig.store.finish(finishOf(first!))).to.equal("done");
    expect((await rig.get("run_3")).jobSlot).to.equal("default:wider#1");
  });

  const claimed = async () => (await rig.claimAll()).map(({ id }) => id);
  const setConcurrency = (n: number | null) =>
    rig.database.write((sql) => sql.run("UPDATE jobs SET concurrency = ?", [n]));

  it("a lower limit counts what runs above it: nothing more begins until there is room", async () => {
    await rig.publish("job", "v1", 5);
    await rig.store.insert(Array.from({ length: 9 }, (_, i) => newRun({ id: `run_${i}` })));
    const running = await rig.claimAll();
    expect(running).to.have.length(5);
    const end = (i: number) => rig.store.finish(finishOf(running[i]!));
    for (const i of [0, 1]) await end(i);
    await setConcurrency(3);
    expect(await claimed()).to.deep.equal([]);
    await end(2);
    expect(await claimed()).to.deep.equal(["run_5"]);
    expect(await rig.store.runningOf("default", "job")).to.equal(3);
    await setConcurrency(2);
    await end(3);
    expect(await claimed()).to.deep.equal([]);
    await end(4);
    expect(await claimed()).to.deep.equal(["run_6"]);
  });

  it("a limit that is new counts what began without one", async () => {
    await rig.publish("job", "v1", null);
    await rig.store.insert(Array.from({ length: 6 }, (_, i) => newRun({ id: `run_${i}` })));
    const running = await rig.claimAll({ slots: 3 });
    expect(running).to.have.length(3);
    await setConcurrency(2);
    expect(await claimed()).to.deep.equal([]);
    for (const run of running.slice(0, 2)) await rig.store.finish(finishOf(run));
    expect(await claimed()).to.deep.equal(["run_3"]);
    expect(await rig.store.runningOf("default", "job")).to.equal(2);
  });
});
