// What a look at the rows tells open pages: each change once, whoever made it, and many as one.
import { expect } from "chai";
import { auditLook, runLook } from "../../src/app/hints.ts";
import { newId } from "../../src/ids.ts";
import { DbAuditStore } from "../../src/db/audit-store.ts";
import { DbRunLooks } from "../../src/db/run-looks.ts";
import type { Change } from "../../src/http/changes.ts";
import { finishOf, newRun, T0 } from "../contract/make.ts";
import { onEveryRunStore } from "../contract/run-rig.ts";

onEveryRunStore("what open pages are told", (rig) => {
  let told: Change[];
  let now: number;
  let look: () => Promise<void>;
  const since = async () => {
    told = [];
    await look();
    return told.map(({ id, state, job }) => [id, state, job]);
  };
  beforeEach(async () => {
    await rig.clear();
    now = T0;
    told = [];
    const looks = new DbRunLooks(rig.database);
    look = runLook({ looks, now: () => now, tell: (change) => void told.push(change) });
  });

  it("each state of a run once: waits, runs, has ended; and nothing while nothing happens", async () => {
    await rig.store.insert([newRun({ id: newId("run", T0), jobKey: "billing/sync" })]);
    const [[id]] = (await since()) as [[string]];
    expect(await since()).to.deep.equal([]);
    const [claimed] = await rig.claimAll();
    expect(await since()).to.deep.equal([[id, "running", "billing.sync"]]);
    now += 60_000;
    expect(await since()).to.deep.equal([]);
    await rig.store.finish(finishOf(claimed!, { to: "failed", reason: "error" }));
    expect(await since()).to.deep.equal([[id, "failed", "billing.sync"]]);
    expect(await since()).to.deep.equal([]);
  });

  it("a run that began and ended between two looks, and one that was only skipped", async () => {
    await since();
    const ids = [newId("run", T0), newId("run", T0 + 1)];
    await rig.store.insert([newRun({ id: ids[0] })]);
    await rig.store.insert([newRun({ id: ids[1], state: "skipped", reason: "paused" })]);
    const [claimed] = await rig.claimAll();
    await rig.store.finish(finishOf(claimed!));
    expect((await since()).map(([id, state]) => [id, state])).to.have.deep.members([
      [ids[0], "succeeded"],
      [ids[1], "skipped"],
    ]);
  });

  it("an old run that had waited and was cancelled elsewhere", async () => {
    const id = newId("run", T0 - 86_400_000);
    await rig.store.insert([newRun({ id })]);
    await since();
    await rig.store.requestCancel(id, { reason: "user", by: "ci", note: null }, T0);
    expect((await since()).map(([id, state]) => [id, state])).to.deep.equal([[id, "cancelled"]]);
  });

  it("a flood is one notice a source, not one a run", async () => {
    const many = (source: string) =>
      Array.from({ length: 200 }, (_, i) => newRun({ id: newId("run", T0 + i), source }));
    await rig.store.insert([...many("default"), ...many("acme")]);
    await since();
    expect(told).to.have.deep.members([
      { kind: "run", source: "default", id: null },
      { kind: "run", source: "acme", id: null },
    ]);
  });

  it("of requests, whichever process took them: what was done, once, and no refusals", async () => {
    const store = new DbAuditStore(rig.database);
    const event = (action: string, target: string, outcome: "done" | "refused") => ({
      ...{ id: newId("aud", T0), at: T0, actor: null, address: null, action, target, source: "default" },
      ...{ outcome, status: 200, code: null, detail: null, repeats: 0, requestId: "r" },
    });
    await store.insert([
      event("schedules.pause", "sch_1", "done"),
      event("schedules.pause", "sch_2", "refused"),
      event("runs.cancel", "run_1", "done"),
    ]);
    const audits = auditLook({ store, now: () => T0, tell: (change) => void told.push(change) });
    await audits();
    await audits();
    expect(told).to.deep.equal([
      { kind: "schedule", source: "default", id: "sch_1", state: "schedules.pause" },
    ]);
  });
});
