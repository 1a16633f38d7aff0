// Up-times on every database: when nobody looked for due fires is a fact that can be asked for (S3).
import { expect } from "chai";
import { UpTime } from "../../src/actors/up-time.ts";
import type { Database } from "../../src/db/database.ts";
import { DbUpTimeStore } from "../../src/db/up-time-store.ts";
import { silentLogger } from "../../src/log.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { T0 } from "./make.ts";

const SECOND = 1000;

onEveryDatabase("UpTimeStore", (databases) => {
  let database: Database;
  let store: DbUpTimeStore;
  before(async () => {
    database = await databases.fresh();
    store = new DbUpTimeStore(database);
  });
  beforeEach(() => database.write((sql) => sql.run("DELETE FROM up_times")));

  const rows = async () =>
    (await database.read.all("SELECT * FROM up_times ORDER BY started_at")).map((row) => [
      row["replica"],
      Number(row["started_at"]) - T0,
      Number(row["beaten_at"]) - T0,
      row["stopped_at"] === null ? null : Number(row["stopped_at"]) - T0,
    ]);
  const place = { name: "here", pid: 1 };
  const upTime = (replica: string, gone = true) =>
    new UpTime({ store, replica, place, isGone: () => gone, log: silentLogger });

  /** Settles once a second, as the scheduler does. */
  async function settle(up: UpTime, from: number, to: number): Promise<void> {
    for (let at = from; at <= to; at += SECOND) {
      await up.begins(at);
      await up.settled(at);
    }
  }

  it("is one row, beaten every five seconds and not oftener", async () => {
    const up = upTime("wrk_a");
    await settle(up, T0, T0 + 12 * SECOND);
    expect(await rows()).to.deep.equal([["wrk_a", 0, 10 * SECOND, null]]);
    await up.stop(T0 + 12_500);
    expect(await rows()).to.deep.equal([["wrk_a", 0, 12_500, 12_500]]);
  });

  it("a stall of up to 10 s is none of its ends, a longer gap is one, and a clock that differs by a second is none", async () => {
    const up = upTime("wrk_a");
    await settle(up, T0, T0 + 20 * SECOND);
    await settle(up, T0 + 30 * SECOND, T0 + 30 * SECOND);
    expect(up.since(T0 + 30 * SECOND)).to.equal(T0);
    await settle(up, T0 + 29 * SECOND, T0 + 29 * SECOND);
    expect(up.since(T0 + 29 * SECOND), "a second is what two samples may differ by").to.equal(T0);
    expect(up.since(T0 + 41 * SECOND)).to.equal(T0 + 41 * SECOND);
    await settle(up, T0 + 41 * SECOND, T0 + 50 * SECOND);
    expect((await rows()).map(([, from, through]) => [from, through])).to.deep.equal([
      [0, 30 * SECOND],
      [41 * SECOND, 46 * SECOND],
    ]);
  });

  it("S3: was down from the last sign of life of any replica to the first of the next one", async () => {
    expect(await store.downtimeAt(T0)).to.equal(undefined);
    const [a, b] = [upTime("wrk_a"), upTime("wrk_b")];
    await settle(a, T0, T0 + 20 * SECOND);
    await settle(b, T0 + 10 * SECOND, T0 + 40 * SECOND);
    expect(await store.downtimeAt(T0 - 1)).to.equal(undefined);
    expect(await store.downtimeAt(T0 + 30 * SECOND)).to.equal(undefined);
    const down = { from: T0 + 40 * SECOND, to: null, stopped: false, stalled: false, unwritable: null };
    expect(await store.downtimeAt(T0 + 60 * SECOND)).to.deep.equal(down);
    const next = upTime("wrk_c");
    await settle(next, T0 + 90 * SECOND, T0 + 95 * SECOND);
    expect(await store.downtimeAt(T0 + 60 * SECOND)).to.deep.equal({ ...down, to: T0 + 90 * SECOND });
    await next.stop(T0 + 96 * SECOND);
    expect(await store.downtimeAt(T0 + 97 * SECOND)).to.deep.equal({
      from: T0 + 96 * SECOND,
      to: null,
      stopped: true,
      stalled: false,
      unwritable: null,
    });
  });

  it("S3: a process that goes on after a gap was stalled and not gone, unless another one looked first", async () => {
    const a = upTime("wrk_a");
    await settle(a, T0, T0 + 20 * SECOND);
    await settle(a, T0 + 60 * SECOND, T0 + 65 * SECOND);
    const gap = { from: T0 + 20 * SECOND, to: T0 + 60 * SECOND, stopped: false, unwritable: null };
    expect(await store.downtimeAt(T0 + 40 * SECOND)).to.deep.equal({ ...gap, stalled: true });
    await settle(upTime("wrk_b"), T0 + 50 * SECOND, T0 + 51 * SECOND);
    const other = { ...gap, to: T0 + 50 * SECOND, stalled: false };
    expect(await store.downtimeAt(T0 + 40 * SECOND)).to.deep.equal(other);
  });

  it("lists the replicas that have been seen lately", async () => {
    const a = upTime("wrk_a");
    await settle(a, T0, T0 + 9 * SECOND);
    const b = upTime("wrk_b", false);
    await settle(b, T0 + 10 * SECOND, T0 + 10 * SECOND);
    await settle(a, T0 + 11 * SECOND, T0 + 20 * SECOND);
    await settle(b, T0 + 19 * SECOND, T0 + 40 * SECOND);
    const names = async (since: number) => (await store.upSince(since)).map(({ replica }) => replica);
    expect(await names(T0 + 15 * SECOND)).to.deep.equal(["wrk_a", "wrk_b"]);
    expect(await names(T0 + 30 * SECOND)).to.deep.equal(["wrk_b"]);
  });

  it("S10: a replica that begins, or wakes, beside another one calls nothing late that this one would find on time", async () => {
    const a = upTime("wrk_a", false);
    await settle(a, T0, T0 + 20 * SECOND);
    const b = upTime("wrk_b", false);
    await b.begins(T0 + 21 * SECOND);
    expect(b.since(T0 + 21 * SECOND)).to.equal(T0);
    await b.settled(T0 + 21 * SECOND);
    await settle(a, T0 + 21 * SECOND, T0 + 40 * SECOND);
    // Stopped for 19 seconds, while the other one was there.
    await b.begins(T0 + 40 * SECOND);
    expect(b.since(T0 + 40 * SECOND)).to.equal(T0);
    expect((await rows()).map(([replica, from]) => [replica, from])).to.deep.equal([
      ["wrk_a", 0],
      ["wrk_b", 21 * SECOND],
    ]);
  });

  it("S10: one that begins alone, after a stop in order or long after the last, calls late what came before it", async () => {
    const a = upTime("wrk_a", false);
    await settle(a, T0, T0 + 20 * SECOND);
    await a.stop(T0 + 20 * SECOND);
    const b = upTime("wrk_b", false);
    await b.begins(T0 + 21 * SECOND);
    expect(b.since(T0 + 21 * SECOND)).to.equal(T0 + 21 * SECOND);
    await settle(b, T0 + 21 * SECOND, T0 + 30 * SECOND);
    const c = upTime("wrk_c", false);
    await c.begins(T0 + 60 * SECOND);
    expect(c.since(T0 + 60 * SECOND)).to.equal(T0 + 60 * SECOND);
    // On SQLite nobody else can be there, however lately seen.
    await c.settled(T0 + 60 * SECOND);
    const d = upTime("wrk_d", true);
    await d.begins(T0 + 62 * SECOND);
    expect(d.since(T0 + 62 * SECOND)).to.equal(T0 + 62 * SECOND);
  });

  it("S6: a clock that went back is told once, with the instant from which on fires go on", async () => {
    const told: [object, string][] = [];
    const log = {
      ...silentLogger,
      warn: (fields: object, message: string) => void told.push([fields, message]),
    };
    const up = new UpTime({ store, replica: "wrk_a", place, isGone: () => true, log });
    await settle(up, T0, T0 + 5 * SECOND);
    await settle(up, T0 - 3_600 * SECOND, T0 - 3_590 * SECOND);
    expect(told).to.have.length(1);
    expect(told[0]![1]).to.contain("went back by 1h 5s");
    expect(told[0]![0]).to.deep.include({ settledThrough: new Date(T0 + 5 * SECOND).toISOString() });
    await settle(up, T0 + 6 * SECOND, T0 + 6 * SECOND);
    await settle(up, T0 + 5 * SECOND, T0 + 5 * SECOND);
    expect(told, "a second is what two samples may differ by").to.have.length(1);
  });

  it("S6, S10: after an hour forward and back, what comes due is on time, and up-times go on from where the clock is", async () => {
    const up = upTime("wrk_a");
    await settle(up, T0, T0 + 20 * SECOND);
    await settle(up, T0 + 3_600 * SECOND, T0 + 3_605 * SECOND);
    const back = T0 + 21 * SECOND;
    expect(up.since(back + 500), "a change before the first look after the step").to.be.at.most(back);
    await settle(up, back + SECOND, T0 + 40 * SECOND);
    expect(up.since(T0 + 40 * SECOND)).to.be.at.most(back);
    expect(await rows()).to.deep.equal([
      ["wrk_a", 0, 20 * SECOND, null],
      ["wrk_a", 22 * SECOND, 37 * SECOND, null],
    ]);
    const step = { from: T0 + 3_605 * SECOND, to: T0 + 22 * SECOND };
    expect(await store.stepBackAt(T0 + 1_800 * SECOND)).to.deep.equal(step);
    expect(await store.stepBackAt(T0 + 10 * SECOND)).to.equal(undefined);
    expect(await store.stepBackAt(T0 + 3_606 * SECOND)).to.equal(undefined);
    expect(await store.downtimeAt(T0 + 30 * SECOND)).to.equal(undefined);
    // The other one learns of it a moment later; its row may be gone by then.
    const other = upTime("wrk_b", false);
    await settle(other, T0 + 7_200 * SECOND, T0 + 7_201 * SECOND);
    await settle(up, T0 + 41 * SECOND, T0 + 41 * SECOND);
    await settle(upTime("wrk_c"), T0 + 42 * SECOND, T0 + 42 * SECOND);
    await settle(other, T0 + 7_202 * SECOND, T0 + 7_210 * SECOND);
    await settle(other, T0 + 43 * SECOND, T0 + 50 * SECOND);
    const [, , , last] = await rows();
    expect(last).to.deep.equal(["wrk_b", 43 * SECOND, 48 * SECOND, null]);
  });

  it("S6, S10: a service that begins behind its own last sign of life knows that the clock went back meanwhile", async () => {
    const before = upTime("wrk_a");
    await settle(before, T0 + 3_600 * SECOND, T0 + 3_620 * SECOND);
    await before.stop(T0 + 3_620 * SECOND);
    const up = upTime("wrk_b", false);
    await settle(up, T0, T0 + 10 * SECOND);
    expect(up.since(T0 + 10 * SECOND)).to.equal(T0);
    expect(await rows()).to.deep.equal([["wrk_b", 0, 10 * SECOND, null]]);
    const step = { from: T0 + 3_620 * SECOND, to: T0 };
    expect(await store.stepBackAt(T0 + 5 * SECOND)).to.deep.equal(step);
    expect((await store.upSince(T0)).map(({ replica }) => replica)).to.deep.equal(["wrk_b"]);
  });

  it("S3: a process that was there and could not write says so with the first that it writes again", async () => {
    const up = upTime("wrk_a");
    await settle(up, T0, T0 + 20 * SECOND);
    const full = Object.assign(new Error("SQLITE_FULL: database or disk is full"), { code: "SQLITE_FULL" });
    for (let at = T0 + 21 * SECOND; at <= T0 + 60 * SECOND; at += SECOND) {
      await up.begins(at);
      up.failed(at, at + 5, new Error("The database takes nothing just now", { cause: full }));
    }
    const back = T0 + 61 * SECOND;
    await up.begins(back);
    expect(up.outage(back)).to.include({ since: T0 + 21 * SECOND });
    await settle(up, back, T0 + 70 * SECOND);
    expect(up.outage(T0 + 70 * SECOND)).to.equal(undefined);
    expect(await store.downtimeAt(T0 + 40 * SECOND)).to.deep.equal({
      from: T0 + 20 * SECOND,
      to: back,
      stopped: false,
      stalled: true,
      unwritable: "SQLITE_FULL: database or disk is full",
    });
    // A silence that no failure fills stays what it is, and one failure in it says nothing of the rest.
    await settle(up, T0 + 90 * SECOND, T0 + 95 * SECOND);
    up.failed(T0 + 110 * SECOND, T0 + 110 * SECOND, full);
    await settle(up, T0 + 111 * SECOND, T0 + 112 * SECOND);
    expect(await store.downtimeAt(T0 + 80 * SECOND)).to.include({ stalled: true, unwritable: null });
    expect(await store.downtimeAt(T0 + 105 * SECOND)).to.include({ stalled: true, unwritable: null });
  });

  it("goes on when the database is away for a beat", async () => {
    let away = true;
    const flaky = {
      ...{
        downtimeAt: () => Promise.resolve(undefined),
        stepBackAt: () => Promise.resolve(undefined),
        upSince: () => Promise.resolve([]),
      },
      begin: (replica: string, from: number) =>
        away ? Promise.reject(new Error("away")) : store.begin(replica, from, place),
      beat: (replica: string, from: number, at: number) => store.beat(replica, from, at),
      stop: (replica: string, from: number, at: number) => store.stop(replica, from, at),
    };
    const up = new UpTime({ store: flaky, replica: "wrk_a", place, isGone: () => true, log: silentLogger });
    await settle(up, T0, T0 + SECOND);
    away = false;
    await settle(up, T0 + 2 * SECOND, T0 + 8 * SECOND);
    expect(await rows()).to.deep.equal([["wrk_a", 0, 7 * SECOND, null]]);
  });
});
