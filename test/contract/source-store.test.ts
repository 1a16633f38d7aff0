// SourceStore on every database: one publisher of a source at a time, and what is left of sources that nobody has.
import { expect } from "chai";
import { DbCatalogStore } from "../../src/db/catalog-store.ts";
import type { Database } from "../../src/db/database.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { DbSourceStore } from "../../src/db/source-store.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { scheduleOf } from "./make.ts";
import { factsOf } from "./schedule-rig.ts";

const LEASE = 30_000;
const word = (name: string, available = true) => ({ name, available });

onEveryDatabase("SourceStore", (databases) => {
  let database: Database;
  let store: DbSourceStore;
  beforeEach(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbSourceStore(database);
  });

  it("answers all sources, also those that others have", async () => {
    await store.beat("a", [word("acme"), word("globex", false)], 1_000, LEASE);
    const lives = await store.beat("b", [word("acme")], 2_000, LEASE);
    expect(lives).to.deep.equal([
      { name: "acme", seenAt: 2_000, availableAt: 2_000, writer: "a", writerUntil: 31_000 },
      { name: "globex", seenAt: 1_000, availableAt: null, writer: null, writerUntil: 0 },
    ]);
  });

  it("of many that come at once exactly one publishes, and the next one when it gives up", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    await Promise.all(names.map((name) => store.beat(name, [word("acme"), word("globex")], 1_000, LEASE)));
    const before = await store.beat("z", [], 1_001, LEASE);
    for (const { writer } of before) expect(names).to.include(writer);
    const [first] = before;
    await Promise.all(names.map((name) => store.beat(name, [word("acme")], 2_000, LEASE)));
    expect((await store.beat("z", [], 2_001, LEASE))[0]!.writer, "nobody takes it away").to.equal(
      first!.writer,
    );
    await store.giveUp(first!.writer!);
    const after = await store.beat("y", [word("acme")], 2_002, LEASE);
    expect(after[0]!.writer).to.equal("y");
  });

  it("counts jobs and schedules by source, whoever has it", async () => {
    const catalog = new DbCatalogStore(database);
    const schedules = new DbScheduleStore(database, { factsOf });
    for (const [source, key] of [
      ["acme", "b"],
      ["acme", "a"],
      ["globex", "a"],
    ] as const) {
      await catalog.publish({
        source,
        key,
        loadState: "error",
        loadError: null,
        version: null,
        loadedAt: null,
        inputs: null,
      });
    }
    await schedules.insert(scheduleOf({ source: "acme", jobKey: "a" }), "me");
    await schedules.insert(scheduleOf({ source: "acme", jobKey: "a", enabled: false }), "me");
    await schedules.insert(scheduleOf({ source: "gone", jobKey: "a" }), "me");
    expect([...(await store.counts())]).to.deep.equal([
      ["acme", { jobs: ["a", "b"], schedules: 1 }],
      ["globex", { jobs: ["a"], schedules: 0 }],
      ["gone", { jobs: [], schedules: 1 }],
    ]);
  });
});
