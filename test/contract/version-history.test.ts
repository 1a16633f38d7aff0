// VersionHistory on every database: what is kept of a job's versions, and what may never be let go of.
import { expect } from "chai";
import type { JobVersion } from "../../src/catalog/version.ts";
import { sha256 } from "../../src/db/blobs.ts";
import { DbCatalogStore } from "../../src/db/catalog-store.ts";
import type { Database } from "../../src/db/database.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { DbVersionHistory } from "../../src/db/version-history.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { ordersSpec } from "../support/http-doubles.ts";
import { claimOf, finishOf, newRun, scheduleOf } from "./make.ts";

const SOURCE = "default";
const KEY = "billing/sync";

/** A version whose one file says `text`; hashes are hex as real ones. */
function version(text: string, more: Partial<JobVersion> = {}): JobVersion {
  const bytes = Buffer.from(text);
  const shared = Buffer.from("the same in all");
  const file = (path: string, content: Buffer, role: "code" | "data") => ({
    path,
    sha256: sha256(content),
    bytes: content.length,
    role,
  });
  return {
    hash: sha256(`${more.jobKey ?? KEY} ${text}`),
    source: SOURCE,
    jobKey: KEY,
    spec: ordersSpec(),
    bundle: `// bundle of ${text}`,
    sourceMap: "{}",
    files: [
      file(`${KEY}/job.ts`, bytes, "code"),
      file(`${KEY}/rows.csv`, shared, "data"),
      { path: `${KEY}/node_modules/x/index.js`, sha256: "0".repeat(64), bytes: 9, role: "code" },
    ],
    data: new Map([[`${KEY}/rows.csv`, shared]]),
    texts: new Map([[`${KEY}/job.ts`, bytes]]),
    needs: [],
    builderId: "builder",
    builtAt: 1_000,
    sourceRevision: "a".repeat(40),
    ...more,
  };
}

onEveryDatabase("VersionHistory", (databases) => {
  let database: Database;
  let store: DbCatalogStore;
  let history: DbVersionHistory;
  beforeEach(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbCatalogStore(database);
    history = new DbVersionHistory(database);
  });

  const load = async (one: JobVersion, loadedAt: number): Promise<void> => {
    await store.saveVersion(one);
    await store.publish({
      source: one.source,
      key: one.jobKey,
      loadState: "ready",
      loadError: null,
      version: one.hash,
      loadedAt,
      inputs: null,
    });
  };
  const loadMany = async (count: number): Promise<JobVersion[]> => {
    const versions = Array.from({ length: count }, (_, i) => version(`text ${i}`));
    for (const [i, one] of versions.entries()) await load(one, 1_000 + i);
    return versions;
  };
  const hashes = async (): Promise<string[]> =>
    (await history.list(SOURCE, KEY, 100)).map(({ hash }) => hash);
  const blobs = async (): Promise<number> =>
    Number((await database.read.all("SELECT COUNT(*) AS n FROM blobs"))[0]!["n"]);

  it("lists versions, the last loaded first, in pages; one that the folder returns to is first again", async () => {
    const versions = await loadMany(5);
    const [v0, v1, v2, v3, v4] = versions.map((one) => one.hash);
    expect(await hashes()).to.deep.equal([v4, v3, v2, v1, v0]);
    await load(versions[1]!, 9_000);
    expect(await hashes()).to.deep.equal([v1, v4, v3, v2, v0]);
    const page = await history.list(SOURCE, KEY, 2, { loadedAt: 1_004, hash: v4! });
    expect(page.map(({ hash }) => hash)).to.deep.equal([v3, v2]);
    expect(page[0]).to.deep.include({
      source: SOURCE,
      jobKey: KEY,
      builtAt: 1_000,
      loadedAt: 1_003,
      sourceRevision: "a".repeat(40),
      builderId: "builder",
    });
    expect(page[0]!.spec).to.deep.equal(ordersSpec());
  });

  it("finds a version by the beginning of its hash, and of this job only", async () => {
    const [one, two] = await loadMany(2);
    await load(version("text 0", { jobKey: "other" }), 1);
    const found = await history.find(SOURCE, KEY, one!.hash.slice(0, 9));
    expect(found.map(({ hash }) => hash)).to.deep.equal([one!.hash]);
    expect(await history.find(SOURCE, KEY, two!.hash)).to.have.length(1);
    expect(await history.find(SOURCE, "none", two!.hash)).to.deep.equal([]);
    expect(await history.find(SOURCE, KEY, "")).to.have.length(2);
  });

  it("keeps the source's own code and its data, and no code of packages", async () => {
    const [one] = await loadMany(1);
    const [facts] = await history.list(SOURCE, KEY, 1);
    const contents = await history.contents(
      facts!,
      one!.files.map((file) => file.path),
    );
    expect([...contents].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).to.deep.equal([
      [`${KEY}/job.ts`, "text 0"],
      [`${KEY}/rows.csv`, "the same in all"],
    ]);
    expect(await history.contents(facts!, ["elsewhere"])).to.deep.equal(new Map());
  });

  it("refuses code whose contents are not the ones that were hashed", async () => {
    const wrong = version("right");
    wrong.texts.set(`${KEY}/job.ts`, Buffer.from("wrong"));
    const error = await store.saveVersion(wrong).catch((thrown: Error) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(await hashes()).to.deep.equal([]);
  });

  it("prunes what is beyond the last loaded ones, with its contents, and leaves what others share", async () => {
    const versions = await loadMany(7);
    await load(version("other", { jobKey: "other" }), 1);
    const before = await blobs();
    expect(await history.prune(4)).to.equal(3);
    expect(await hashes()).to.deep.equal(
      versions
        .slice(3)
        .reverse()
        .map((one) => one.hash),
    );
    expect(await blobs(), "bundle and job.ts of each; map and data are shared").to.equal(before - 6);
    expect((await store.loadData(versions[6]!.hash)).size).to.equal(1);
    expect((await store.loadVersion(versions[3]!.hash))!.bundle).to.equal("// bundle of text 3");
    expect(await history.list(SOURCE, "other", 9)).to.have.length(1);
    expect(await history.prune(4)).to.equal(0);
    await load(versions[0]!, 20_000);
    expect((await store.loadVersion(versions[0]!.hash))!.bundle, "it can come back").to.contain("text 0");
  });

  it("prunes no version that was loaded within the longest catch-up window", async () => {
    await loadMany(3);
    const young = version("young, and not of the last two");
    await load(young, database.now() - 5 * 60_000);
    await load(version("x"), database.now() - 4);
    await load(version("y"), database.now() - 3);
    const store = new DbScheduleStore(database, {
      factsOf: () => ({ jobName: null, maxAttempts: 1 }),
      onFault: () => undefined,
    });
    await store.insert(scheduleOf({ catchUp: { policy: "all", windowMs: 3_600_000, max: 9 } }), "ana");
    await history.prune(2);
    expect(await hashes())
      .to.include(young.hash)
      .and.to.have.length(3);
    await database.write((sql) => sql.run("DELETE FROM schedules"));
    await history.prune(2);
    expect(await hashes()).not.to.include(young.hash);
  });

  it("tells which of many hashes are kept", async () => {
    const [one, two] = [version("one"), version("two")];
    await load(one, 1);
    await load(two, 2);
    const others = Array.from({ length: 1_200 }, (_, n) => sha256(`other ${n}`));
    const asked = [...others.slice(0, 700), one.hash, ...others.slice(700), two.hash];
    expect([...(await history.stored(asked))].sort()).to.deep.equal([one.hash, two.hash].sort());
    expect((await history.stored([])).size).to.equal(0);
  });

  it("never prunes what a job serves, is pinned to or holds, nor what a kept run ran, tried or is to run", async () => {
    const versions = await loadMany(9);
    const [pinned, ran, tried, wanted] = versions.map((one) => one.hash);
    const runs = new DbRunStore(database);
    const answers: { id: string; attempt: number }[] = [];
    runs.onClaim(
      () => claimOf({ owner: "worker-1" }),
      ({ claimed }) => void answers.push(...claimed),
      () => undefined,
    );
    const finished = newRun({ jobKey: KEY, versionWanted: ran, maxAttempts: 1 });
    const failed = newRun({ jobKey: KEY, versionWanted: tried, maxAttempts: 2 });
    await runs.insert([finished, failed]);
    await eventually(() => answers.length === 2);
    const claimed = (id: string) => answers.find((run) => run.id === id)!;
    await runs.finish(finishOf(claimed(finished.id), { version: ran }));
    await runs.finish(finishOf(claimed(failed.id), { to: "retrying", version: tried, availableAt: 9e12 }));
    // The second attempt is to run on what is current then: only the first one's row names the version.
    await database.write((sql) =>
      sql.run("UPDATE task_runs SET version_wanted = NULL, version = NULL WHERE id = ?", [failed.id]),
    );
    await runs.insert([newRun({ jobKey: KEY, versionWanted: wanted, availableAt: 9e12 })]);
    await store.pin(SOURCE, KEY, pinned!);
    await history.prune(1);
    const newest = versions.at(-1)!.hash;
    expect(await hashes()).to.have.members([pinned, ran, tried, wanted, newest]);
    await database.write(async (sql) => {
      await sql.run("DELETE FROM task_runs");
      await sql.run("DELETE FROM run_attempts");
    });
    await history.prune(1);
    expect(await hashes()).to.have.members([pinned, newest]);
    await history.prune(0);
    expect(await hashes(), "served and newest stay whatever is asked").to.have.members([pinned, newest]);
  });

  it("stores contents again that go while a version which shares them is being saved", async () => {
    const [old] = await loadMany(1);
    let removed = (): void => undefined;
    const wait = new Promise<void>((resolve) => (removed = resolve));
    const pruning = database.write(async (sql) => {
      await sql.run("DELETE FROM blobs");
      await wait;
    });
    const saving = store.saveVersion(version("text 1"));
    // Long enough for it to have found the shared contents still there; sooner only makes the test weaker.
    setTimeout(removed, 100);
    await Promise.all([pruning, saving]);
    const saved = version("text 1").hash;
    expect((await store.loadVersion(saved))!.sourceMap).to.equal("{}");
    expect((await store.loadData(saved)).size).to.equal(1);
    expect(old!.hash).not.to.equal(saved);
  });

  it("saving, publishing, pinning and pruning at once leave no job without its version and no version without its contents", async function () {
    this.timeout(60_000);
    const versions = Array.from({ length: 6 }, (_, i) => version(`text ${i}`));
    await load(versions[0]!, 1);
    let at = 1_000;
    const loading = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        const one = versions[Math.floor(Math.random() * versions.length)]!;
        // As the catalog does: what was pruned between the two is saved again.
        await load(one, ++at).catch(() => load(one, ++at).catch(() => undefined));
      }
    };
    const pruning = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) await history.prune(1);
    };
    const pinning = async (): Promise<void> => {
      for (let i = 0; i < 15; i++) {
        const hash = versions[i % versions.length]!.hash;
        await store.pin(SOURCE, KEY, hash).catch(() => undefined);
        await store.pin(SOURCE, KEY, null);
      }
    };
    await Promise.all([loading(), loading(), pruning(), pruning(), pinning()]);
    const [entry] = await store.loadEntries();
    for (const hash of [entry!.currentVersion!, entry!.newestVersion!])
      expect(await store.loadVersion(hash), hash).not.to.equal(null);
    for (const hash of await hashes()) {
      expect((await store.loadVersion(hash))!.sourceMap).to.equal("{}");
      expect((await store.loadData(hash)).size).to.equal(1);
    }
    const [lost] = await database.read.all(
      "SELECT COUNT(*) AS n FROM version_blobs v WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.sha256 = v.sha256)",
    );
    expect(Number(lost!["n"])).to.equal(0);
  });
});
