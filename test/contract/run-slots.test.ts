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
});
