// IdempotencyStore on every database: a POST that is repeated has one effect (A1).
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbCatalogStore } from "../../src/db/catalog-store.ts";
import { DbIdempotencyStore, finishKey, type KeyRef, removeOldKeys } from "../../src/db/idempotency-store.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { DbTokenStore } from "../../src/db/token-store.ts";
import type { Token } from "../../src/access/token.ts";
import type { ExpectedError } from "../../src/errors.ts";
import type { ScopedPause } from "../../src/schedules/suspension.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { jobSpec } from "../support/spec.ts";
import { cancelOf, newRun, scheduleOf, T0 } from "./make.ts";

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

  it("A1: of a slow request and its repetition one has an effect, a run, a schedule or a cancel", async () => {
    const runs = new DbRunStore(database);
    const schedules = new DbScheduleStore(database, {
      factsOf: () => {
        throw new Error("no fires here");
      },
    });
    await runs.insert([newRun({ id: "run_0" })]);
    const effects: Record<string, (id: string) => Promise<unknown>> = {
      run: (id) => runs.insert([newRun({ id })], ref()),
      schedule: (id) => schedules.insert(scheduleOf({ id }), "ci", ref()),
      cancel: () => runs.requestCancel("run_0", cancelOf("user", { request: ref() }), T0),
    };
    const ids = async () => [
      ...(await database.read.all("SELECT id FROM task_runs ORDER BY id")),
      ...(await database.read.all("SELECT id FROM schedules ORDER BY id")),
    ];
    for (const [what, effect] of Object.entries(effects)) {
      await database.write((sql) => sql.run("DELETE FROM idempotency_keys"));
      expect(await kindOf()).to.equal("first");
      expect(await kindOf({}, T0 + 3 * MINUTE), "the repetition").to.equal("first");
      await store.finish(ref(), 202, "of the repetition");
      const before = await ids();
      const thrown = await effect(`${what}_late`).catch((error: ExpectedError) => error);
      expect(thrown, what).to.include({ status: 409, code: "idempotency_running" });
      expect(await ids(), what).to.deep.equal(before);
    }
    expect(await runs.requestCancel("run_0", cancelOf(), T0), "not cancelled before").to.equal("cancelled");
  });

  it("A1: an effect that is done again after a lost answer keeps its key", async () => {
    const runs = new DbRunStore(database);
    await store.begin(ref(), T0);
    const run = newRun({ id: "run_again" });
    for (let n = 0; n < 2; n++) await runs.insert([run], ref());
    expect(await store.begin(ref(), T0)).to.deep.include({ kind: "done", resourceId: "run_again" });
  });

  it("a change of a schedule and a new token are recorded in the transaction that makes them, or are not made", async () => {
    const schedules = new DbScheduleStore(database, {
      factsOf: () => ({ jobName: null, maxAttempts: 1 }),
      onFault: () => undefined,
    });
    const schedule = scheduleOf({ id: "sch_keyed" });
    await schedules.insert(schedule, "ana");
    const skip = (at: number) =>
      schedules.change(
        schedule.id,
        "ana",
        (before) => ({
          rows: [],
          cancel: [],
          action: "skip_next",
          schedule: { ...before, revision: before.revision + 1, skips: [{ at, by: "ana", reason: null }] },
        }),
        ref(),
      );
    await store.begin(ref(), T0);
    await skip(T0 + MINUTE);
    expect(await store.begin(ref(), T0)).to.deep.include({ kind: "done", resourceId: schedule.id });
    // Somebody else's by now: the effect does not happen either.
    await database.write((sql) => sql.run("UPDATE idempotency_keys SET request_hash = 'other'"));
    const refused = await skip(T0 + 9 * MINUTE).catch((error: ExpectedError) => error.code);
    expect(refused).to.equal("idempotency_running");
    expect((await schedules.byId(schedule.id))!.skips.map(({ at }) => at)).to.deep.equal([T0 + MINUTE]);

    const tokens = new DbTokenStore(database);
    const token: Token = {
      ...{ id: "tok_keyed", name: "x", prefix: "jbm_x", hash: "h", role: "viewer", sources: null },
      ...{ createdAt: T0, expiresAt: null, lastUsedAt: null, revokedAt: null },
    };
    const key = ref({ key: "token" });
    await store.begin(key, T0);
    await tokens.insert(token, key);
    expect(await store.begin(key, T0)).to.deep.include({ kind: "done", status: 201, resourceId: token.id });
    const lost = await tokens
      .insert({ ...token, id: "tok_b", hash: "h2" }, ref({ key: "no" }))
      .catch(() => "no");
    expect([lost, await tokens.byId("tok_b")]).to.deep.equal(["no", undefined]);
  });

  describe("what is paused, resumed, pinned and released is known to its key when it is committed, or is not done", () => {
    let schedules: DbScheduleStore;
    let catalog: DbCatalogStore;
    const scope = { kind: "source", source: "default" } as const;
    const paused = async () => (await schedules.openPauses()).length;
    const pinned = async () => (await catalog.loadEntries())[0]!.pinned;
    const open: ScopedPause = {
      ...{ id: "pau_1", scope, by: "ana", reason: null, at: T0, until: null },
      ...{ endedAt: null, endedBy: null, endedReason: null },
    };
    const effects: [string, (request: KeyRef) => Promise<unknown>, () => Promise<unknown>, unknown][] = [
      ["pause", (request) => schedules.changePause(scope, () => open, request), paused, 1],
      [
        "resume",
        (request) => schedules.changePause(scope, (was) => was && { ...was, endedAt: T0 + 1 }, request),
        paused,
        0,
      ],
      ["resume of nothing", (request) => schedules.changePause(scope, () => undefined, request), paused, 0],
      ["pin", (request) => catalog.pin("default", "job", "v1", request), pinned, true],
      ["unpin", (request) => catalog.pin("default", "job", null, request), pinned, false],
    ];

    before(async () => {
      schedules = new DbScheduleStore(database, {
        factsOf: () => ({ jobName: null, maxAttempts: 1 }),
        onFault: () => undefined,
      });
      catalog = new DbCatalogStore(database);
      const made = { bundle: "", sourceMap: "{}", files: [], data: new Map(), texts: new Map(), needs: [] };
      const job = { source: "default", jobKey: "job", spec: jobSpec({ name: "Job" }) };
      await catalog.saveVersion({
        ...{ ...made, ...job, hash: "v1", builderId: "b", builtAt: T0, sourceRevision: null },
      });
      await catalog.publish({
        ...{ source: "default", key: "job", loadState: "ready", loadError: null },
        ...{ version: "v1", loadedAt: T0, inputs: null },
      });
    });

    for (const [what, effect, state, after] of effects) {
      it(`A1: ${what}`, async () => {
        const before = await state();
        // Taken over by a repetition that came first: the late one does nothing.
        await store.begin(ref(), T0);
        await database.write((sql) => sql.run("UPDATE idempotency_keys SET request_hash = 'other'"));
        const late = await effect(ref()).catch((error: ExpectedError) => error.code);
        expect([late, await state()]).to.deep.equal(["idempotency_running", before]);
        await database.write((sql) => sql.run("DELETE FROM idempotency_keys"));
        // The process dies before it says so anywhere else.
        await store.begin(ref(), T0);
        await effect(ref());
        expect(await state()).to.equal(after);
        expect((await store.begin(ref(), T0 + 9 * MINUTE)).kind).to.equal("done");
      });
    }
  });
});
