// The sweeper's judgement: lost is what it has itself read unchanged for a whole lease, by its own monotonic clock.
import { expect } from "chai";
import { Sweeper } from "../../src/actors/sweeper.ts";
import { silentLogger } from "../../src/log.ts";
import type { RunningRow, RunStore } from "../../src/runs/store.ts";
import { LocalWake } from "../../src/wake/local.ts";
import { FakeClock } from "../support/http-doubles.ts";

const SWEEP_MS = 5_000;
const LEASE_MS = 30_000;

describe("the sweeper", () => {
  let clock: FakeClock;
  let rows: RunningRow[];
  let away: boolean;
  let held: string[];
  let done: string[];
  let allIn: boolean;

  const row = (over: Partial<RunningRow> = {}): RunningRow => ({
    id: "run_1",
    source: "default",
    jobKey: "job",
    owner: "other",
    attempt: 1,
    beat: 7,
    triesUsed: 0,
    maxAttempts: 2,
    startedAt: 0,
    ...over,
  });

  beforeEach(() => {
    clock = new FakeClock();
    rows = [row()];
    away = false;
    allIn = true;
    held = [];
    done = [];
  });

  const sweeper = (alone = false) =>
    new Sweeper({
      store: {
        running: () => (away ? Promise.reject(new Error("away")) : Promise.resolve(rows)),
        reap: (lost: RunningRow, to: string) => {
          done.push(`${lost.id} ${to}`);
          rows = rows.filter((one) => one !== lost);
          return Promise.resolve(true);
        },
      } as unknown as RunStore,
      clock,
      now: () => clock.now(),
      owner: "me",
      isHeld: ({ id }) => held.includes(id),
      before: () => (done.push("before"), Promise.resolve(allIn)),
      onReaped: (id) => done.push(`told of ${id}`),
      leaseMs: LEASE_MS,
      sweepMs: SWEEP_MS,
      alone,
      wake: new LocalWake(clock),
      log: silentLogger,
    });
  const reaped = () => done.filter((what) => what.startsWith("run_"));
  const sweeps = async (one: Sweeper, n: number, everyMs = SWEEP_MS) => {
    for (let i = 0; i < n; i++) {
      await one.sweep();
      clock.time += everyMs;
    }
  };

  it("reaps a row that nobody has beaten for a whole lease, and none a sweep earlier", async () => {
    const one = sweeper();
    await sweeps(one, LEASE_MS / SWEEP_MS);
    expect(reaped()).to.deep.equal([]);
    await one.sweep();
    expect(reaped()).to.deep.equal(["run_1 retrying"]);
  });

  it("begins anew with each beat and each attempt", async () => {
    const one = sweeper();
    for (let beat = 8; beat < 20; beat++) {
      await sweeps(one, 5);
      rows = [row({ beat })];
    }
    rows = [row({ attempt: 2, beat: 0 })];
    await sweeps(one, 6);
    expect(reaped()).to.deep.equal([]);
  });

  it("counts no time in which it did not read: an outage, a process that was stopped, a sweep that came late", async () => {
    const one = sweeper();
    await sweeps(one, 5);
    away = true;
    await sweeps(one, 100);
    away = false;
    await one.sweep();
    expect(reaped()).to.deep.equal([]);
    clock.time += 3_600_000;
    await one.sweep();
    expect(reaped()).to.deep.equal([]);
    // 20 s were read before the outage: 10 more are missing.
    clock.time += SWEEP_MS;
    await one.sweep();
    expect(reaped()).to.deep.equal([]);
    clock.time += SWEEP_MS;
    await one.sweep();
    expect(reaped()).to.deep.equal(["run_1 retrying"]);
  });

  it("brings in what waits in files before each look", async () => {
    const one = sweeper(true);
    await one.sweep();
    expect(done).to.deep.equal(["before", "run_1 retrying", "told of run_1"]);
  });

  it("alone on a database, it takes what an earlier process held at once; without tries left as failed", async () => {
    rows = [row(), row({ id: "run_2", maxAttempts: 1 })];
    await sweeper(true).sweep();
    expect(reaped()).to.deep.equal(["run_1 retrying", "run_2 failed"]);
  });

  it("X5: alone, it waits for a lease as long as a file with ends could not be brought in", async () => {
    allIn = false;
    const one = sweeper(true);
    await sweeps(one, LEASE_MS / SWEEP_MS);
    expect(reaped()).to.deep.equal([]);
    allIn = true;
    await one.sweep();
    expect(reaped()).to.deep.equal(["run_1 retrying"]);
  });

  for (const alone of [true, false]) {
    it(`never touches what its own worker holds; what that does not know is given back after the lease (alone: ${alone})`, async () => {
      rows = [row({ owner: "me" }), row({ id: "run_2", owner: "me" })];
      held = ["run_1"];
      const one = sweeper(alone);
      await sweeps(one, LEASE_MS / SWEEP_MS);
      expect(reaped()).to.deep.equal([]);
      await sweeps(one, 20);
      expect(reaped()).to.deep.equal(["run_2 queued"]);
    });
  }
});
