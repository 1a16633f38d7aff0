// RunStore on every database: rows, and who may claim which of them (X1).
import { expect } from "chai";
import { DbRunStore } from "../../src/db/run-store.ts";
import { claimOnce } from "./claim-once.ts";
import { claimOf, finishOf, newRun, T0 } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("RunStore", (rig, databases) => {
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
      await rig.store.insert([full, bare]);
      expect(await rig.get("run_1")).to.deep.include({ ...full, queuedAt: T0, finishedAt: null, attempt: 0 });
      expect(await rig.get("run_2")).to.deep.include(bare);
    });

    it("A1: that is inserted again, since the answer to its commit was lost, is there once; another of its id is refused", async () => {
      const runs = [newRun({ id: "run_1" }), newRun({ id: "run_2" })];
      await rig.store.insert(runs);
      await rig.store.insert(runs);
      expect((await rig.get("run_2")).state).to.equal("queued");
      const refused = await rig.store
        .insert([newRun({ id: "run_1" }), newRun({ id: "run_3" })])
        .then(() => "inserted")
        .catch(() => "refused");
      expect(refused).to.equal("refused");
    });

    it("keeps a megabyte of params and of result", async () => {
      const params = { text: "🛰".repeat(250_000) };
      const run = await rig.running({ params });
      expect(run.params).to.deep.equal(params);
      await rig.store.finish(finishOf(run, { result: params }));
      expect((await rig.get("run_1")).result).to.deep.equal(params);
    });
  });

  describe("claiming", () => {
    it("X1: gives the attempt its number and the worker its row", async () => {
      await rig.publish("job", "v-current", null);
      await rig.store.insert([
        newRun({ id: "run_1", params: { a: 1 }, overrides: { timeoutMs: 5 }, priority: 2, fireAt: T0 }),
        newRun({ id: "run_2", versionWanted: "v-old" }),
        newRun({ id: "run_3", jobKey: "never/loaded" }),
      ]);
      const claimed = await rig.claimAll({ now: T0 + 9 });
      expect(claimed[0]).to.deep.include({
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
        logBytes: 0,
        droppedBytes: 0,
        priority: 2,
        hasState: false,
      });
      expect(claimed.map(({ version }) => version)).to.deep.equal(["v-current", "v-old", null]);
      expect(await rig.get("run_1")).to.include({
        state: "running",
        attempt: 1,
        owner: "worker-1",
        startedAt: T0 + 9,
        version: "v-current",
      });
      expect(await rig.rowOf("run_1")).to.include({ attempt: 1, beat: 0, owner: "worker-1" });
    });

    it("goes by priority, then by when it may start, then by id", async () => {
      await rig.store.insert([
        newRun({ id: "run_c", availableAt: T0 - 1 }),
        newRun({ id: "run_b" }),
        newRun({ id: "run_a" }),
        newRun({ id: "run_d", priority: 1 }),
        newRun({ id: "run_e", priority: -1, availableAt: T0 - 9 }),
      ]);
      const order: string[] = [];
      for (let i = 0; i < 5; i++) order.push(...(await rig.claimAll({ slots: 1 })).map(({ id }) => id));
      expect(order).to.deep.equal(["run_d", "run_c", "run_a", "run_b", "run_e"]);
    });

    it("never takes more than the slots that are free, nor more of a source than its share", async () => {
      await rig.store.insert(
        Array.from({ length: 40 }, (_, i) => newRun({ id: `run_${i}`, source: i % 2 ? "a" : "b" })),
      );
      const sources = [
        { name: "a", slots: 3 },
        { name: "unknown", slots: 9 },
        { name: "b", slots: 9 },
      ];
      const answer = await claimOnce(rig.store, claimOf({ slots: 7, sources }));
      const of = (source: string) => answer.claimed.filter((run) => run.source === source).length;
      expect([of("a"), of("b")]).to.deep.equal([3, 4]);
      expect(answer.exhausted).to.deep.equal(["unknown"]);
      expect((await claimOnce(rig.store, claimOf({ slots: 0, sources }))).claimed).to.deep.equal([]);
    });

    it("prefers versions with a warm child, as long as nobody has waited for a second", async () => {
      await rig.publish("cold", "v-cold", null);
      await rig.publish("warm", "v-warm", null);
      await rig.store.insert([
        newRun({ id: "run_1", jobKey: "cold" }),
        newRun({ id: "run_2", jobKey: "warm", availableAt: T0 + 1 }),
        newRun({ id: "run_3", jobKey: "warm", availableAt: T0 + 2 }),
      ]);
      const warm = new Set(["v-warm"]);
      expect((await rig.claimAll({ slots: 1, now: T0 + 999, warm }))[0]!.id).to.equal("run_2");
      expect((await rig.claimAll({ slots: 1, now: T0 + 1_000, warm }))[0]!.id).to.equal("run_1");
    });

    it("leaves versions whose packages are not here to others, until a run has waited half a minute", async () => {
      await rig.publish("needs", "v-needs", null);
      await rig.publish("plain", "v-plain", null);
      const first = Array.from({ length: 40 }, (_, n) => newRun({ id: `run_a${n}`, jobKey: "needs" }));
      await rig.store.insert([...first, newRun({ id: "run_b", jobKey: "plain", availableAt: T0 + 1 })]);
      const lacking = new Set(["v-needs"]);
      const ids = async (now: number) =>
        (await rig.claimAll({ slots: 2, now, lacking })).map((run) => run.id);
      expect(await ids(T0 + 2)).to.deep.equal(["run_b"]);
      expect(await ids(T0 + 29_999)).to.deep.equal([]);
      expect(await ids(T0 + 30_000)).to.have.length(2);
    });

    it("X1: two that claim at once share the runs, and none is taken twice", async function () {
      this.timeout(60_000);
      const second = databases.name === "mariadb" ? await databases.again(rig.database) : rig.database;
      const stores = [rig.store, new DbRunStore(second)];
      await rig.store.insert(Array.from({ length: 300 }, () => newRun()));
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
      const running = { count: 300, capped: false };
      expect(await rig.queries.count({ states: ["running"], limit: 1 }, 1_000)).to.deep.equal(running);
    });

    it("a job without a free slot holds up no other, however many of its runs stand in front", async () => {
      await rig.publish("busy", "v1", 1);
      await rig.publish("free", "v1", null);
      await rig.store.insert([
        ...Array.from({ length: 60 }, (_, i) => newRun({ id: `run_b${i}`, jobKey: "busy", priority: 5 })),
        newRun({ id: "run_free", jobKey: "free" }),
      ]);
      const claimed = await rig.claimAll({ slots: 4, lookAhead: 0 });
      expect(claimed.map(({ jobKey }) => jobKey)).to.deep.equal(["busy", "free"]);
    });
  });

  it("tells whether something could be claimed now", async () => {
    expect(await rig.store.hasClaimable(["default"], T0)).to.equal(false);
    await rig.store.insert([newRun({ id: "run_1", availableAt: T0 + 1 })]);
    expect(await rig.store.hasClaimable(["default"], T0)).to.equal(false);
    expect(await rig.store.hasClaimable(["other", "default"], T0 + 1)).to.equal(true);
    await rig.claimAll({ now: T0 + 1 });
    expect(await rig.store.hasClaimable(["default"], T0 + 1)).to.equal(false);
  });
});
