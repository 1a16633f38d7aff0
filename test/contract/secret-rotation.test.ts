// Sealing all secrets anew with the newest key, on every database: nothing is lost, nothing is left under an earlier key.
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { countSealed, resealAll } from "../../src/db/secret-rotation.ts";
import { Vault } from "../../src/db/secrets.ts";
import { fromJson, jsonText } from "../../src/db/sql.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { newRun, T0 } from "./make.ts";

const [OLD, NEW, GONE] = ["an-old-key-0123456789", "a-new-key-0123456789", "a-key-that-is-gone-0"];

onEveryDatabase("L3: changing the key of all secrets", (databases) => {
  let database: Database;
  const earlier = new Vault([OLD!]);
  const ring = new Vault([NEW!, OLD!]);
  const newest = new Vault([NEW!]);
  const RUNS = 2_500;

  const params = (vault: Vault, n: number) => vault.sealParams({ token: `secret ${n}`, size: n }, ["token"]);

  beforeEach(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    const store = new DbRunStore(database);
    const ids = Array.from({ length: RUNS }, (_, n) => `run_${String(n).padStart(5, "0")}`);
    // Every fifth run has a secret.
    await store.insert(
      ids.map((id, n) => newRun({ id, params: n % 5 === 0 ? params(earlier, n) : { size: n } })),
    );
    await database.write(async (sql) => {
      const definition = {
        cron: "0 2 * * *",
        params: params(earlier, 1),
        nested: [{ params: params(ring, 2) }],
      };
      await sql.insert(
        "schedule_revisions",
        ["schedule_id", "revision", "from_instant", "actor", "action", "definition"],
        [
          ["sch_1", 1, T0, "ci", "created", jsonText(definition)],
          ["sch_1", 2, T0, "ci", "edited", jsonText({ params: { plain: "no secret" } })],
        ],
      );
      await sql.insert(
        "job_state",
        ["source", "job_key", "scope", "state_key", "value", "updated_at"],
        [
          [
            "default",
            "job",
            "",
            "kept",
            jsonText(earlier.seal({ token: "t" }, 'the durable value "kept"')),
            T0,
          ],
          ["default", "job", "", "plain", jsonText({ a: 1 }), T0],
        ],
      );
    });
  });

  const all = async (statement: string) => await database.read.all(statement);

  it("every value opens with the new key alone afterwards, and what was not secret is as it was", async function () {
    this.timeout(60_000);
    const [old, now] = [earlier.newestKeyId, ring.newestKeyId];
    const sealed = RUNS / 5 + 3;
    expect(await countSealed(database, ring)).to.deep.equal({
      key: now,
      current: 1,
      resealed: 0,
      others: { [old]: sealed - 1 },
    });
    expect(await resealAll(database, ring)).to.deep.equal({
      key: now,
      current: 1,
      resealed: sealed - 1,
      others: {},
    });
    expect(await countSealed(database, newest)).to.deep.equal({
      key: now,
      current: sealed,
      resealed: 0,
      others: {},
    });
    for (const row of await all("SELECT id, params FROM task_runs")) {
      const n = Number(String(row["id"]).slice(4));
      const opened = newest.openParams(fromJson(row["params"]) as Record<string, unknown>);
      expect(opened).to.deep.equal(n % 5 === 0 ? { token: `secret ${n}`, size: n } : { size: n });
    }
    const [revision] = await all("SELECT definition FROM schedule_revisions WHERE revision = 1");
    const definition = fromJson(revision!["definition"]) as {
      cron: string;
      params: Record<string, unknown>;
      nested: { params: Record<string, unknown> }[];
    };
    expect(definition.cron).to.equal("0 2 * * *");
    expect(newest.openParams(definition.params)).to.deep.equal({ token: "secret 1", size: 1 });
    expect(newest.openParams(definition.nested[0]!.params)).to.deep.equal({ token: "secret 2", size: 2 });
    const [kept, plain] = await all("SELECT value FROM job_state ORDER BY state_key");
    const value = fromJson(kept!["value"]) as { $sealed: string };
    expect(newest.open(value, 'the durable value "kept"')).to.deep.equal({ token: "t" });
    expect(fromJson(plain!["value"])).to.deep.equal({ a: 1 });
  });

  it("may be done again, also when it was broken off, and changes nothing that is done", async function () {
    this.timeout(60_000);
    await resealAll(database, ring);
    const first = await all("SELECT params FROM task_runs ORDER BY id");
    expect(await resealAll(database, ring)).to.include({ resealed: 0 });
    expect(await all("SELECT params FROM task_runs ORDER BY id")).to.deep.equal(first);
  });

  it("leaves a value whose key is missing as it is, and tells the id of that key", async function () {
    this.timeout(60_000);
    const gone = new Vault([GONE!]);
    await new DbRunStore(database).insert([newRun({ id: "run_x", params: params(gone, 7) })]);
    const { others } = await resealAll(database, ring);
    expect(others).to.deep.equal({ [gone.newestKeyId]: 1 });
    const [row] = await all("SELECT params FROM task_runs WHERE id = 'run_x'");
    expect(gone.openParams(fromJson(row!["params"]) as Record<string, unknown>)).to.include({
      token: "secret 7",
    });
  });
});
