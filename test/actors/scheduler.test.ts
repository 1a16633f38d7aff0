// The scheduler by itself: what it does when a part of a look fails.
import { expect } from "chai";
import { Scheduler } from "../../src/actors/scheduler.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";

describe("the scheduler", () => {
  it("looks for the end of suspensions again with the next second when a look failed", async function () {
    this.timeout(20_000);
    let looks = 0;
    const scheduler = new Scheduler({
      clock: systemClock,
      settle: async () => 0,
      settleSuspended: async () => {
        if (++looks === 1) throw new Error("the database was away");
      },
      upTime: {
        begins: async () => undefined,
        settled: async () => undefined,
        failed: () => undefined,
        stop: async () => undefined,
      },
      now: Date.now,
      log: silentLogger,
    });
    await scheduler.start();
    try {
      expect(looks).to.equal(1);
      await eventually(() => looks === 2, 10_000);
    } finally {
      await scheduler.stop();
    }
  });

  it("S5: the beat goes on when the ticker of seconds was lost, and sets it going again", async function () {
    this.timeout(30_000);
    const looks: number[] = [];
    const scheduler = new Scheduler({
      clock: systemClock,
      settle: async () => looks.push(performance.now()),
      settleSuspended: async () => undefined,
      upTime: {
        begins: async () => undefined,
        settled: async () => undefined,
        failed: () => undefined,
        stop: async () => undefined,
      },
      now: Date.now,
      log: silentLogger,
      beat: "*/4 * * * * *",
    });
    const lost = loseTimersOf("#arm");
    try {
      await scheduler.start();
      await eventually(() => lost.count > 0, 2_000);
      lost.restore();
      await eventually(() => looks.length >= 2, 10_000);
      // Two beats at most: the first may come before the ticker counts as lost. From then on a look each second.
      await eventually(() => looks.length >= 7, 14_000);
      const gaps = looks.slice(-4).map((at, i, last) => (i === 0 ? 0 : at - last[i - 1]!));
      expect(Math.max(...gaps), `looks ${looks.map(Math.round).join()}`).to.be.below(2_500);
    } finally {
      lost.restore();
      await scheduler.stop();
    }
  });
});

/** As a timer that never comes: those that a method of this name sets are swallowed, and counted. */
function loseTimersOf(method: string): { readonly count: number; restore(): void } {
  const real = globalThis.setTimeout;
  let count = 0;
  const losing = ((...args: Parameters<typeof real>) => {
    if (!new Error("who asks").stack!.includes(method)) return real(...args);
    count++;
    return real(() => undefined, 0);
  }) as typeof real;
  globalThis.setTimeout = losing;
  return {
    get count() {
      return count;
    },
    restore: () => void (globalThis.setTimeout = real),
  };
}
