// What an admin sets for a job, on every database: above every version, under one revision, and a suspension when it is off.
import { expect } from "chai";
import type { SettingsChange } from "../../src/catalog/store.ts";
import type { CatalogEntry } from "../../src/catalog/version.ts";
import { DbCatalogStore } from "../../src/db/catalog-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import type { Database } from "../../src/db/database.ts";
import { conflict } from "../../src/errors.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { jobSpec } from "../support/spec.ts";
import { newRun } from "./make.ts";
import { RunRig } from "./run-rig.ts";

const KEY = "billing/sync";
const JOB = ["default", KEY, "token:ana"] as const;

onEveryDatabase("what is set for a job", (databases) => {
  const rig = new RunRig();
  let database: Database;
  let store: DbCatalogStore;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    rig.use(database);
    store = new DbCatalogStore(database);
  });
  beforeEach(async () => {
    await database.write(async (sql) => {
      for (const table of ["jobs", "job_versions", "version_blobs", "blobs", "pauses", "task_runs"])
        await sql.run(`DELETE FROM ${table}`);
    });
    await publish("v1");
  });

  async function publish(hash: string): Promise<CatalogEntry> {
    const version = {
      hash,
      source: "default",
      jobKey: KEY,
      spec: jobSpec({ name: hash, timeoutMs: 1_000, timeoutDeclared: false, concurrency: 5 }),
      bundle: "",
      sourceMap: "{}",
      files: [],
      data: new Map<string, Uint8Array>(),
      texts: new Map<string, Uint8Array>(),
      needs: [],
      builderId: "x",
      builtAt: 1,
      sourceRevision: null,
    };
    await store.saveVersion(version);
    const update = {
      source: "default",
      key: KEY,
      loadState: "ready",
      loadError: null,
      inputs: null,
    } as const;
    return store.publish({ ...update, version: hash, loadedAt: 1 });
  }

  const set = (change: Partial<SettingsChange>) =>
    store.configure(...JOB, ({ enabled, settings: { overrides, notes } }) => {
      return { enabled, overrides, notes, ...change };
    });

  it("holds above the spec of every version, in what is read, published, pinned and followed", async () => {
    const overrides = { timeoutMs: 7_000, concurrency: 1, maxFailedShare: 0.5 };
    const changed = (await set({ overrides, notes: "slow on Mondays 🛰" }))!;
    expect(changed.spec).to.deep.include({ name: "v1", ...overrides, timeoutDeclared: true });
    expect(changed.settings).to.deep.equal({ overrides, notes: "slow on Mondays 🛰", revision: 2 });
    const newer = await publish("v2");
    expect(newer.spec).to.deep.include({ name: "v2", ...overrides });
    expect(newer.settings).to.deep.equal(changed.settings);
    expect((await store.pin("default", KEY, "v1"))!.spec).to.deep.include({ name: "v1", ...overrides });
    expect((await store.loadEntries())[0]).to.deep.include({ settings: changed.settings });
    expect((await store.changedSince(0)).entries[0]).to.deep.include({ settings: changed.settings });
    const back = (await set({ overrides: {} }))!;
    expect(back.spec).to.deep.include({ timeoutMs: 1_000, concurrency: 5, timeoutDeclared: false });
    expect(back.settings.revision).to.equal(3);
  });

  it("S9: the concurrency that is set is the one that a claim keeps to, whatever is published after it", async () => {
    await set({ overrides: { concurrency: 1 } });
    await publish("v2");
    await rig.store.insert([newRun({ jobKey: KEY }), newRun({ jobKey: KEY }), newRun({ jobKey: KEY })]);
    expect(await rig.claimAll()).to.have.length(1);
    await set({ overrides: { concurrency: 3 } });
    expect(await rig.claimAll()).to.have.length(2);
  });

  it("what changes nothing makes no revision; what is refused leaves all as it was; an unknown job is null", async () => {
    expect((await set({}))!.settings.revision).to.equal(1);
    const refused = await store
      .configure(...JOB, () => {
        throw conflict("no", "no");
      })
      .catch((error: Error) => error.message);
    expect(refused).to.equal("no");
    expect((await store.loadEntries())[0]!.settings.revision).to.equal(1);
    expect(await store.configure("default", "other", "local", () => expect.fail("was asked"))).to.equal(null);
  });

  it("of many changes at once none is lost", async function () {
    this.timeout(20_000);
    const add = () =>
      store.configure(...JOB, ({ enabled, settings: { overrides, notes } }) => ({
        enabled,
        overrides,
        notes: `${notes ?? ""}x`,
      }));
    await Promise.all(Array.from({ length: 8 }, add));
    const { notes, revision } = (await store.loadEntries())[0]!.settings;
    expect([notes, revision]).to.deep.equal(["x".repeat(8), 9]);
  });

  it("S7: switched off it is one open suspension beside a pause of the job; on again both tell their own end", async () => {
    const schedules = new DbScheduleStore(database, {
      factsOf: () => ({ jobName: null, maxAttempts: 1 }),
    });
    const paused = {
      id: "pau_1",
      by: "local",
      reason: null,
      at: 1,
      until: null,
      endedAt: null,
      endedBy: null,
      endedReason: null,
    };
    await schedules.changePause({ kind: "job", source: "default", jobKey: KEY }, () => ({
      ...paused,
      scope: { kind: "job", source: "default", jobKey: KEY },
    }));
    expect((await set({ enabled: false }))!.enabled).to.equal(false);
    await set({ notes: "still off" });
    const open = (await schedules.openPauses()).filter(({ scope }) => scope.kind === "job_off");
    expect(open).to.have.length(1);
    expect(open[0]).to.deep.include({ by: "token:ana", until: null, endedAt: null });
    expect(open[0]!.scope).to.deep.equal({ kind: "job_off", source: "default", jobKey: KEY });
    expect((await publish("v2")).enabled).to.equal(false);
    expect((await set({ enabled: true }))!.enabled).to.equal(true);
    expect((await schedules.openPauses()).map(({ id }) => id)).to.deep.equal(["pau_1"]);
    const [row] = await database.read.all("SELECT * FROM pauses WHERE scope = 'job_off'");
    expect([row!["ended_by"], Number(row!["ended_at"]) >= open[0]!.at]).to.deep.equal(["token:ana", true]);
  });
});
