// Clocks that step, an event loop that stands still, a process that is stopped: no fire is lost without a row, none doubled.
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { faultsOf } from "../support/clock/check.ts";
import { Fleet, type FleetOptions } from "../support/clock/fleet.ts";
import type { History } from "../support/clock/history.ts";
import { always, type Planned } from "../support/clock/rhythms.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { faketimeAvailable, SteppedClock } from "../support/faketime.ts";
import { mariadbAvailable, startMariadb } from "../support/mariadb.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const STALL = fileURLToPath(new URL("../support/clock/stall.mjs", import.meta.url));
/** A stall shorter than the lease, which is what makes a service lost for others. */
const LEASE = { JOBMOUNT_LEASE: "60s" };

const utc = { timeZone: "UTC" };
const everySecond = { cron: "* * * * * *", ...utc, second: always };
const everyMinute = { cron: "* * * * *", ...utc, second: (s: number) => s === 0 };
const everyHour = { ...everyMinute, cron: "0 * * * *", minute: (m: number) => m === 0 };
/** Each catch-up policy on each second, and slower rhythms that only a long jump brings. */
const PLANNED: Planned[] = [
  { rhythm: everySecond, overlap: "allow_all", catchUp: "latest", ms: 0 },
  { rhythm: everySecond, overlap: "skip", catchUp: "skip", ms: 0 },
  { rhythm: { ...everySecond, cron: null }, overlap: "buffer_all", catchUp: "merge", ms: 0 },
  { rhythm: everySecond, overlap: "allow_all", catchUp: "all", most: 5, ms: 0 },
  { rhythm: everyMinute, overlap: "cancel_other", catchUp: "all", most: 3, ms: 0 },
  { rhythm: everyHour, overlap: "skip", catchUp: "merge", ms: 0 },
];

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function withFleet(
  database: string,
  options: Pick<FleetOptions, "env" | "ownClock">,
  live: (fleet: Fleet) => Promise<(history: History) => void>,
): Promise<void> {
  const fleet = await Fleet.start(database, { replicas: 1, planned: PLANNED, ...options });
  try {
    const then = await live(fleet);
    const history = await fleet.history();
    const faults = faultsOf(history);
    expect(faults.slice(0, 20), `${faults.length} faults`).to.deep.equal([]);
    then(history);
  } finally {
    await fleet.stop();
  }
}

const skippedAs = ({ rows }: Pick<History, "rows">, reason: string) =>
  rows.filter((row) => row.reason === reason).length;

/** Every schedule has settled past this instant of the real clock. */
async function settledPast(fleet: Fleet, instant: number): Promise<void> {
  await eventually(async () => Math.min(...(await fleet.cursors()).slice(0, 4)) > instant, 30_000, 100);
}

/** Seconds before or after the real clock, one after the other. The last is the highest: all that waited goes on then. */
const STEPS = [1, 0, HOUR, 0, DAY, -DAY, DAY + 20];

/** `seenMs`: so long it takes at most until the service knows of a step. */
async function stepThrough(fleet: Fleet, clock: SteppedClock, seenMs: number) {
  let cursors = await fleet.cursors();
  for (const seconds of STEPS) {
    const before = Math.min(...cursors);
    clock.step(seconds);
    const stepped = clock.now();
    const until = performance.now() + seenMs + 1_500;
    while (performance.now() < until) {
      const now = await fleet.cursors();
      now.forEach((cursor, n) => expect(cursor, `the cursor of ${n}`).to.be.at.least(cursors[n]!));
      cursors = now;
      await wait(100);
    }
    if (stepped > before) fleet.downtimes.push({ from: before, to: stepped + seenMs + 1_000 });
  }
  const end = clock.now();
  await settledPast(fleet, end + 1_000);
  return (history: History) => {
    for (const { id } of fleet.made.slice(0, 4)) {
      const runs = history.rows.filter((row) => row.scheduleId === id && row.state === "succeeded");
      expect(
        runs.some(({ fireAt }) => fireAt! >= end - 1_000),
        "fires go on at the end",
      ).to.equal(true);
    }
    expect(skippedAs(history, "missed")).to.be.at.least(3);
    const instants = history.rows.map(({ fireAt }) => fireAt!);
    expect(Math.max(...instants) - Math.min(...instants), "a day was stepped over").to.be.above(DAY * 1000);
    const hourly = history.rows.filter((row) => row.scheduleId === fleet.made[5]!.id);
    expect(hourly.find(({ state }) => state === "succeeded")?.fireAt, "the hour jumped over").to.be.a(
      "number",
    );
  };
}

/** The clock of the service itself. */
async function stepsOnSqlite(): Promise<void> {
  const clock = new SteppedClock();
  const folder = mkdtempSync(join(tmpdir(), "jobmount-db-"));
  try {
    await withFleet(
      `sqlite:${join(folder, "jobmount.db")}`,
      { env: { ...LEASE, ...clock.env }, ownClock: true },
      (fleet) => stepThrough(fleet, clock, 1_000),
    );
  } finally {
    clock.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The server's clock, which is everybody's; sampled every five seconds. */
async function stepsOnMariadb(): Promise<void> {
  const clock = new SteppedClock();
  const server = await startMariadb({ env: { ...process.env, ...clock.env } });
  try {
    await withFleet(await server.database(), { env: LEASE, ownClock: true }, (fleet) =>
      stepThrough(fleet, clock, 6_000),
    );
  } finally {
    await server.stop();
    clock.remove();
  }
}

describe("the clock in trouble", () => {
  const bySqlite = faketimeAvailable();
  const byMariadb = bySqlite && mariadbAvailable();
  /** Most of them is waiting: begun first, they go on beside the others. */
  let steps: { sqlite?: Promise<void>; mariadb?: Promise<void> } = {};
  before(() => {
    steps = {
      ...(bySqlite ? { sqlite: stepsOnSqlite() } : {}),
      ...(byMariadb ? { mariadb: stepsOnMariadb() } : {}),
    };
    // A failure is told by the test that waits for it.
    for (const each of Object.values(steps)) each.catch(() => undefined);
  });
  after(async function () {
    this.timeout(240_000);
    await Promise.allSettled(Object.values(steps));
  });

  onEveryDatabase("a service that stands still", (databases) => {
    it("S1 S6 S10: blocked for 5 s or stopped for a second it misses nothing; stopped for 12 s it owes what its catch-up says", async function () {
      this.timeout(180_000);
      const env = { ...LEASE, NODE_OPTIONS: `--import=${STALL}` };
      await withFleet(await databases.freshUrl(), { env }, async (fleet) => {
        const { pid } = fleet.services[0]!;
        await wait(1_000);
        const from = Date.now();
        process.kill(pid, "SIGUSR2");
        await wait(5_000);
        await settledPast(fleet, from + 6_000);
        const stalledUntil = Date.now();
        fleet.stalls.push({ from, to: stalledUntil });
        let cursors = await fleet.cursors();
        for (let i = 0; i < 5; i++) {
          await stop(pid, 1_000 + i * 150);
          await settledPast(fleet, Date.now());
          const now = await fleet.cursors();
          now.forEach((cursor, n) => expect(cursor).to.be.at.least(cursors[n]!));
          cursors = now;
        }
        const wellUntil = Date.now();
        await stop(pid, 12_000);
        const to = Date.now();
        await settledPast(fleet, to + 2_000);
        fleet.downtimes.push({ from: wellUntil, to: to + 2_000 });
        const asked = new Date(Math.ceil(wellUntil / 1000 + 5) * 1000).toISOString();
        const told = await fleet.services[0]!.get(`/schedules/${fleet.made[1]!.id}/explain?at=${asked}`);
        expect(told.json["lines"][1]).to.match(/^It did not run \(missed\)/);
        expect(told.json["lines"][2]).to.match(
          /^The service did not answer from some time after .* it had been stopped/,
        );
        return (history) => {
          const well = { rows: history.rows.filter(({ fireAt }) => fireAt! < wellUntil - 1_000) };
          expect(
            skippedAs(well, "missed") + skippedAs(well, "merged"),
            "missed before the long stop",
          ).to.equal(0);
          const stalled = well.rows.filter(
            ({ fireAt, queuedAt }) => fireAt! < stalledUntil && queuedAt - fireAt! > 2_500,
          );
          expect(stalled.length, "fires found late").to.be.above(3);
          expect(skippedAs(history, "missed")).to.be.at.least(3);
          expect(skippedAs(history, "merged")).to.equal(1);
        };
      });
    });
  });

  describe("a clock that steps", () => {
    (bySqlite ? it : it.skip)(
      "S1 S6 S10: SQLite: steps of a second, an hour and a day, forwards and back, lose nothing silently",
      async function () {
        this.timeout(240_000);
        await steps.sqlite;
      },
    );

    (byMariadb ? it : it.skip)(
      "S1 S6 S10: MariaDB: steps of the server's clock, which is everybody's, lose nothing silently",
      async function () {
        this.timeout(240_000);
        await steps.mariadb;
      },
    );
  });
});

/** As a debugger or a frozen machine does it. */
async function stop(pid: number, ms: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await wait(ms);
  process.kill(pid, "SIGCONT");
}
