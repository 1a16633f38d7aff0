// CatalogStore on every database: versions with their contents, the pointer to the current one, and pins (R8).
import { expect } from "chai";
import { AnotherPublishes, type EntryUpdate } from "../../src/catalog/store.ts";
import type { JobVersion } from "../../src/catalog/version.ts";
import { sha256 } from "../../src/db/blobs.ts";
import { DbCatalogStore } from "../../src/db/catalog-store.ts";
import type { Database } from "../../src/db/database.ts";
import { ExpectedError } from "../../src/errors.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { jobSpec } from "../support/spec.ts";

function spec(more: Partial<JobSpec> = {}): JobSpec {
  const requiredParams = { token: { type: "password" } } as const;
  return jobSpec({ name: "Sync orders 🛰", version: "1.2.0", tags: ["a"], requiredParams, ...more });
}

function version(
  hash: string,
  more: Partial<JobVersion> = {},
  data: Record<string, Uint8Array> = {},
): JobVersion {
  return {
    hash,
    source: "default",
    jobKey: "billing/sync",
    spec: spec(),
    bundle: `export const bundle = "${hash}";`,
    sourceMap: "{}",
    files: [
      { path: "billing/sync/job.ts", sha256: "0".repeat(64), bytes: 10, role: "code" },
      ...Object.entries(data).map(([path, bytes]) => ({
        path,
        sha256: sha256(bytes),
        bytes: bytes.byteLength,
        role: "data" as const,
      })),
    ],
    data: new Map(Object.entries(data)),
    texts: new Map(),
    needs: [{ name: "dayjs", version: "1.0.0", from: "task" }],
    builderId: "esbuild 0.28.2",
    builtAt: 1_700_000_000_000,
    sourceRevision: null,
    ...more,
  };
}

const update = (hash: string | null, more: Partial<EntryUpdate> = {}): EntryUpdate => ({
  source: "default",
  key: "billing/sync",
  loadState: "ready",
  loadError: null,
  version: hash,
  loadedAt: hash === null ? null : 5_000,
  inputs: null,
  ...more,
});

onEveryDatabase("CatalogStore", (databases) => {
  let database: Database;
  let store: DbCatalogStore;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbCatalogStore(database);
  });
  beforeEach(() =>
    database.write(async (sql) => {
      for (const table of ["jobs", "job_versions", "version_blobs", "blobs"])
        await sql.run(`DELETE FROM ${table}`);
    }),
  );

  it("gives a version back as it was saved", async () => {
    const saved = version("v1", { bundle: "naïve 🛰\u0000".repeat(50_000), sourceMap: "" });
    await store.saveVersion(saved);
    const { data, texts, ...rest } = saved;
    expect(data.size + texts.size).to.equal(0);
    expect(await store.loadVersion("v1")).to.deep.equal(rest);
    expect(await store.loadVersion("v2")).to.equal(null);
    expect(await store.loadData("v2")).to.deep.equal(new Map());
  });

  /** How many transactions it takes. */
  const commits = async (work: () => Promise<unknown>): Promise<number> => {
    const own = database as { write: Database["write"] };
    const write = own.write;
    let count = 0;
    own.write = <T>(inside: Parameters<typeof write<T>>[0]) => {
      count++;
      return write.call(database, inside) as Promise<T>;
    };
    await work().finally(() => (own.write = write));
    return count;
  };

  it("keeps a version, its contents and the pointer to it in one commit: what waits for the disk waits once", async () => {
    const texts = new Map([["billing/sync/job.ts", Buffer.from("the code")]]);
    const files = [
      { path: "billing/sync/job.ts", sha256: sha256("the code"), bytes: 8, role: "code" as const },
    ];
    const one = version("v1", { texts, files });
    expect(await commits(() => store.publish(update("v1"), one))).to.equal(1);
    expect((await store.loadVersion("v1"))?.bundle).to.equal(one.bundle);
    expect((await store.loadEntries())[0]).to.include({ currentVersion: "v1", loadState: "ready" });
    const again = version("v2", { texts, files });
    expect(await commits(() => store.publish(update("v2"), again)), "contents that are known").to.equal(1);
    expect((await store.loadVersion("v2"))?.bundle).to.equal(again.bundle);
    await store.publish(update("v1"), one);
    expect((await store.loadEntries())[0]).to.include({ currentVersion: "v1" });
  });

  it("does not hold up others for a large version: its contents are kept one after the other", async () => {
    const large = Buffer.alloc(3_000_000, "x");
    const one = version("v1", {}, { "billing/sync/large.bin": large });
    expect(await commits(() => store.publish(update("v1"), one))).to.be.above(2);
    expect((await store.loadData("v1")).get("billing/sync/large.bin")?.byteLength).to.equal(large.length);
    expect((await store.loadEntries())[0]).to.include({ currentVersion: "v1" });
  });

  it("keeps versions of the same contents that are published at once", async () => {
    const hashes = Array.from({ length: 12 }, (_, n) => `v${n}`);
    const others = databases.name === "mariadb" ? new DbCatalogStore(await databases.again(database)) : store;
    await Promise.all(
      hashes.map((hash, n) =>
        (n % 2 ? others : store).publish(
          update(hash, { key: `job-${n}` }),
          version(hash, { jobKey: `job-${n}`, bundle: "the same" }),
        ),
      ),
    );
    for (const hash of hashes) expect((await store.loadVersion(hash))?.bundle).to.equal("the same");
    expect((await store.loadEntries()).map(({ currentVersion }) => currentVersion)).to.have.members(hashes);
  });

  it("R3: whoever does not publish the source any more changes nothing, whatever he believes", async () => {
    const now = database.now();
    const write = (writer: string | null, until: number) =>
      database.write(async (sql) => {
        await sql.run("DELETE FROM sources");
        await sql.insert(
          "sources",
          ["name", "seen_at", "available_at", "writer", "writer_until"],
          [["default", now, now, writer, until]],
        );
      });
    const mine = new DbCatalogStore(database, "mine");
    await write("mine", now + 60_000);
    await mine.publish(update("v1"), version("v1"));
    for (const [writer, until] of [
      ["other", now + 60_000],
      ["mine", now - 1],
      [null, 0],
    ] as const) {
      await write(writer, until);
      let refused: unknown;
      await mine.publish(update("v2"), version("v2")).catch((error: unknown) => (refused = error));
      expect(refused, `${writer} until ${until}`).to.be.instanceOf(AnotherPublishes);
      expect((await store.loadEntries())[0]).to.include({ currentVersion: "v1" });
      expect(await store.loadVersion("v2"), "nothing of it is kept").to.equal(null);
    }
    await database.write((sql) => sql.run("DELETE FROM sources"));
    await mine.publish(update("v2", { source: "builtin" }), version("v2", { source: "builtin" }));
  });

  it("keeps the bytes of data files of any size, cut at no boundary", async function () {
    this.timeout(60_000);
    const data: Record<string, Uint8Array> = { "billing/sync/empty.csv": new Uint8Array(0) };
    for (const size of [1, 59_999, 60_000, 60_001, 120_000, 3_000_000]) {
      data[`billing/sync/${size}.bin`] = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) % 256);
    }
    await store.saveVersion(version("v1", {}, data));
    const loaded = await store.loadData("v1");
    expect([...loaded.keys()]).to.have.members(Object.keys(data));
    for (const [path, bytes] of Object.entries(data))
      expect(Buffer.compare(Buffer.from(loaded.get(path)!), Buffer.from(bytes)), path).to.equal(0);
  });

  it("stores the same bytes once, whatever holds them", async () => {
    const bytes = { "billing/sync/a.csv": Buffer.from("x".repeat(70_000)) };
    await store.saveVersion(version("v1", {}, bytes));
    const count = async () => Number((await database.read.all("SELECT COUNT(*) AS n FROM blobs"))[0]!["n"]);
    const before = await count();
    await store.saveVersion(version("v2", { bundle: version("v1").bundle }, bytes));
    expect(await count()).to.equal(before);
    expect((await store.loadData("v2")).get("billing/sync/a.csv")!.byteLength).to.equal(70_000);
  });

  it("leaves a version that is known as it is, also when many save it at once", async () => {
    await store.saveVersion(version("v1"));
    await store.saveVersion(version("v1", { bundle: "something else" }));
    expect((await store.loadVersion("v1"))!.bundle).to.equal(version("v1").bundle);
    const data = { "billing/sync/a.csv": Buffer.from("shared") };
    await Promise.all(Array.from({ length: 6 }, () => store.saveVersion(version("v3", {}, data))));
    expect((await store.loadData("v3")).size).to.equal(1);
  });

  it("refuses a data file whose contents are not the ones that were hashed", async () => {
    const wrong = version("v1", {}, { "billing/sync/a.csv": Buffer.from("a") });
    wrong.data.set("billing/sync/a.csv", Buffer.from("b"));
    const error = await store.saveVersion(wrong).catch((thrown: Error) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(await store.loadVersion("v1")).to.equal(null);
  });

  it("publishes a version with its spec and its concurrency, then the next", async () => {
    await store.saveVersion(version("v1", { spec: spec({ concurrency: 2 }) }));
    await store.saveVersion(version("v2", { spec: spec({ concurrency: null, name: "second" }) }));
    const concurrency = async () =>
      (await database.read.all("SELECT concurrency FROM jobs"))[0]!["concurrency"];
    const first = await store.publish(update("v1"));
    expect(first).to.deep.equal({
      source: "default",
      key: "billing/sync",
      loadState: "ready",
      loadError: null,
      currentVersion: "v1",
      loadedAt: 5_000,
      spec: spec({ concurrency: 2 }),
      pinned: false,
      enabled: true,
      settings: { overrides: {}, notes: null, revision: 1 },
    });
    expect(await concurrency()).to.equal(2);
    const second = await store.publish(update("v2", { loadedAt: 6_000 }));
    expect([second.currentVersion, second.loadedAt, second.spec!.name]).to.deep.equal([
      "v2",
      6_000,
      "second",
    ]);
    expect(await concurrency()).to.equal(null);
  });

  it("publishes a job that never loaded, with its error, and a broken newer state beside the last good version (R1)", async () => {
    const loadError = {
      code: "E001",
      message: "no Job",
      file: "billing/sync/job.ts",
      line: 1,
      column: 2,
      frame: "> 1 | x\n    ^",
      hint: null,
      hash: "0f",
      since: 9,
    };
    const never = await store.publish(update(null, { loadState: "error", loadError }));
    expect(never).to.include({ currentVersion: null, loadedAt: null, spec: null, loadState: "error" });
    expect(never.loadError).to.deep.equal(loadError);
    await store.saveVersion(version("v1"));
    await store.publish(update("v1"));
    const stale = await store.publish(update("v1", { loadState: "stale", loadError }));
    expect(stale).to.include({ currentVersion: "v1", loadState: "stale" });
    expect(stale.loadError).to.deep.equal(loadError);
    expect((await store.publish(update("v1"))).loadError).to.equal(null);
  });

  it("does not publish a version that was not saved", async () => {
    const error = await store.publish(update("v1")).catch((thrown: Error) => thrown);
    expect(error).to.be.instanceOf(Error).with.property("message").that.contains("before it is saved");
    expect(await store.loadEntries()).to.deep.equal([]);
  });

  it("gives back what was published last: inputs to the letter, missing jobs too, in order of address", async () => {
    const inputs = '{ "b" : 1, "a": ["x  y", "🛰"] }\n' + "z".repeat(200_000);
    await store.saveVersion(version("v1"));
    await store.publish(update("v1", { inputs }));
    await store.publish(update(null, { key: "a", loadState: "missing" }));
    await store.publish(update(null, { source: "b", key: "a", loadState: "error" }));
    const entries = await store.loadEntries();
    expect(entries.map(({ source, key }) => `${source}:${key}`)).to.deep.equal([
      "b:a",
      "default:a",
      "default:billing/sync",
    ]);
    expect(entries[2]!.inputs).to.equal(inputs);
    expect(entries[2]!.spec).to.deep.equal(spec());
    expect(entries[1]!.inputs).to.equal(null);
  });

  it("R8: keeps serving the pinned version whatever is published, until it is released", async () => {
    await store.saveVersion(version("v1", { spec: spec({ concurrency: 1 }), builtAt: 1_111 }));
    await store.saveVersion(version("v2", { spec: spec({ concurrency: 9 }) }));
    await store.publish(update("v2"));
    const pinned = await store.pin("default", "billing/sync", "v1");
    expect(pinned).to.include({ currentVersion: "v1", pinned: true, loadedAt: 1_111 });
    expect(pinned!.spec!.concurrency).to.equal(1);
    await store.saveVersion(version("v3"));
    const published = await store.publish(update("v3", { loadState: "ready", inputs: "new" }));
    expect(published).to.include({ currentVersion: "v1", pinned: true, loadedAt: 1_111 });
    expect((await database.read.all("SELECT concurrency FROM jobs"))[0]!["concurrency"]).to.equal(1);
    expect((await store.loadEntries())[0]).to.include({ inputs: "new", newestVersion: "v3" });
    // Whoever releases it may not see the folder at all: what was published last serves at once.
    await store.publish(update("v2", { loadedAt: 7_000 }));
    const released = await store.pin("default", "billing/sync", null);
    expect(released).to.include({ currentVersion: "v2", pinned: false, loadedAt: 7_000 });
    expect(released!.spec!.concurrency).to.equal(9);
    expect((await database.read.all("SELECT concurrency FROM jobs"))[0]!["concurrency"]).to.equal(9);
    expect(await store.pin("default", "billing/sync", null), "twice").to.include({ currentVersion: "v2" });
    expect(await store.publish(update("v3"))).to.include({ currentVersion: "v3" });
  });

  it("pins no unknown job, and no version of another job", async () => {
    await store.saveVersion(version("v1"));
    await store.saveVersion(version("other", { jobKey: "billing/other" }));
    expect(await store.pin("default", "billing/sync", "v1")).to.equal(null);
    expect(await store.pin("default", "billing/sync", null)).to.equal(null);
    await store.publish(update("v1"));
    for (const hash of ["other", "unknown"]) {
      const error = await store.pin("default", "billing/sync", hash).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ExpectedError).with.property("status", 404);
    }
    expect((await store.loadEntries())[0]!.pinned).to.equal(false);
  });

  it("publishes one row when several replicas are first at once", async () => {
    await store.saveVersion(version("v1"));
    await Promise.all(Array.from({ length: 8 }, () => store.publish(update("v1"))));
    expect(await store.loadEntries()).to.have.length(1);
  });
});
