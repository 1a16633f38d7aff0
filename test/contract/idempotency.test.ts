// IdempotencyStore on every database: a POST that is repeated has one effect (A1).
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbIdempotencyStore, finishKey, removeOldKeys } from "../../src/db/idempotency-store.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { T0 } from "./make.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ref = (more: object = {}) => ({ actor: "tok_1", key: "key", digest: "d".repeat(64), ...more });

onEveryDatabase("IdempotencyStore", (databases) => {
  let database: Database;
  let store: DbIdempotencyStore;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbIdempotencyStore(database);
  });
  beforeEach(() => database.write((sql) => sql.run("DELETE FROM idempotency_keys")));

  const kindOf = async (more: object = {}, now = T0) => (await store.begin(ref(more), now)).kind;
  const count = async () =>
    Number((await database.read.all("SELECT COUNT(*) AS n FROM idempotency_keys"))[0]!["n"]);

  it("is first once, running until it has a result, and done afterwards", async () => {
    expect(await kindOf()).to.equal("first");
    expect(await kindOf()).to.equal("running");
    await store.finish(ref(), 201, "sch_1");
    expect(await store.begin(ref(), T0)).to.deep.equal({ kind: "done", status: 201, resourceId: "sch_1" });
  });

  it("tells another request under the same key, finished or not", async () => {
    await store.begin(ref(), T0);
    expect(await kindOf({ digest: "other" })).to.equal("other");
    await store.finish(ref(), 201, "sch_1");
    expect(await kindOf({ digest: "other" })).to.equal("other");
  });

  it("keeps keys of two actors, and keys that differ in a letter's case or a blank, apart", async () => {
    for (const more of [{}, { actor: "tok_2" }, { key: "KEY" }, { key: "key " }, { key: "k".repeat(255) }])
      expect(await kindOf(more), JSON.stringify(more)).to.equal("first");
  });

  it("of many that come together exactly one is first", async () => {
    const kinds = await Promise.all(Array.from({ length: 20 }, () => kindOf()));
    expect(kinds.filter((kind) => kind === "first")).to.have.length(1);
    expect(kinds.filter((kind) => kind === "running")).to.have.length(19);
  });

  it("the first result stays", async () => {
    await store.begin(ref(), T0);
    await store.finish(ref(), 201, "sch_1");
    await store.finish(ref(), 202, "sch_2");
    await store.finish(ref({ key: "unknown" }), 202, "sch_3");
    expect(await store.begin(ref(), T0)).to.deep.include({ status: 201, resourceId: "sch_1" });
    expect(await count()).to.equal(1);
  });

  it("records the result inside the transaction of its effect: both or none", async () => {
    await store.begin(ref(), T0);
    const failing = database.write(async (sql) => {
      expect(await finishKey(sql, ref(), 201, "sch_1")).to.equal(true);
      throw new Error("the effect failed");
    });
    expect(await failing.catch((error: Error) => error.message)).to.equal("the effect failed");
    expect(await kindOf()).to.equal("running");
    await database.write((sql) => finishKey(sql, ref(), 201, "sch_1"));
    expect(await kindOf()).to.equal("done");
    expect(await database.write((sql) => finishKey(sql, ref(), 202, "x"))).to.equal(false);
    expect(await database.write((sql) => finishKey(sql, ref({ digest: "other" }), 202, "x"))).to.equal(false);
  });

  it("an abandoned key may be used again, also with another body; a finished one is not given up", async () => {
    await store.begin(ref(), T0);
    await store.abandon(ref({ digest: "other" }));
    expect(await kindOf()).to.equal("running");
    await store.abandon(ref());
    expect(await kindOf({ digest: "other" })).to.equal("first");
    await store.finish(ref({ digest: "other" }), 201, "sch_1");
    await store.abandon(ref({ digest: "other" }));
    expect(await kindOf({ digest: "other" })).to.equal("done");
  });

  it("a row without a result is taken over after two minutes, by one", async () => {
    await store.begin(ref(), T0);
    expect(await kindOf({}, T0 + 2 * MINUTE)).to.equal("running");
    const kinds = await Promise.all(Array.from({ length: 8 }, () => kindOf({}, T0 + 2 * MINUTE + 1)));
    expect(kinds.filter((kind) => kind === "first")).to.have.length(1);
    expect(await kindOf({}, T0 + 4 * MINUTE)).to.equal("running");
    await store.finish(ref(), 201, "sch_1");
    expect(await kindOf({}, T0 + 9 * MINUTE)).to.equal("done");
  });

  it("forgets a result after 24 hours, whether the row is still there or not", async () => {
    await store.begin(ref(), T0);
    await store.finish(ref(), 201, "sch_1");
    expect(await kindOf({}, T0 + DAY)).to.equal("done");
    expect(await kindOf({ digest: "other" }, T0 + DAY + 1)).to.equal("first");
    expect(await kindOf({ digest: "other" }, T0 + DAY + 2)).to.equal("running");
  });

  it("removes what is older than 24 hours, however much it is, and nothing else", async () => {
    const rows = (n: number, at: number) =>
      Array.from({ length: n }, (_, i) => ["tok_1", `${at} ${i}`, "d", at + (i % 3)]);
    await database.write((sql) =>
      sql.insert(
        "idempotency_keys",
        ["actor", "idempotency_key", "request_hash", "created_at"],
        [...rows(1_300, T0 - DAY - 10), ...rows(30, T0 - DAY), ...rows(5, T0)],
      ),
    );
    expect(await removeOldKeys(database, T0)).to.equal(1_300);
    expect(await count()).to.equal(35);
    expect(await removeOldKeys(database, T0)).to.equal(0);
  });
});
