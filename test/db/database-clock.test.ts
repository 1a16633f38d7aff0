// Now by the database: what a sample may change, and what it may not because it is less sure than its difference.
import { expect } from "chai";
import { DatabaseClock } from "../../src/db/database-clock.ts";
import type { Sql } from "../../src/db/sql.ts";

/** A database whose clock is `ahead` of ours, asked over a way that takes `tookMs`; `there`: the share of it until it is read. */
class Way {
  time = 1_800_000_000_000;
  ahead = 0;
  readonly clock = new DatabaseClock({ now: () => this.time, monotonic: () => this.time - 1_000_000 });

  async ask(tookMs: number, there = 0.5): Promise<void> {
    const all = () => {
      const read = this.time + this.ahead + tookMs * there;
      this.time += tookMs;
      return Promise.resolve([{ now_ms: String(Math.round(read)) }]);
    };
    await this.clock.sample({ all } as unknown as Sql);
  }

  /** How far its now is ahead of the clock of this machine. */
  get off(): number {
    return this.clock.now() - this.time;
  }
}

describe("the clock of the database", () => {
  it("is that of this machine before the first sample, and the database's after it", async () => {
    const way = new Way();
    way.ahead = 5_000;
    expect(way.off).to.equal(0);
    await way.ask(10);
    expect(way.off).to.equal(5_000);
    way.time += 60_000;
    expect(way.off).to.equal(5_000);
  });

  it("S4: a slow answer that is less sure than its difference sets nothing, whichever way the time was lost", async () => {
    for (const there of [0, 0.5, 1]) {
      const way = new Way();
      await way.ask(2);
      await way.ask(900, there);
      expect(way.off, `${there} of the way there`).to.equal(0);
    }
  });

  it("a slow answer that differs by more than it may be wrong is taken: the clock was set", async () => {
    const way = new Way();
    await way.ask(2);
    way.ahead = 3_600_000;
    await way.ask(900);
    expect(way.off).to.equal(3_600_000);
    way.ahead = -1_000;
    await way.ask(900, 1);
    expect(way.off).to.be.within(-1_450, -550);
  });

  it("never says more than its samples are sure of, however they come in", async () => {
    const way = new Way();
    way.ahead = 250;
    await way.ask(4);
    for (let i = 0; i < 500; i++) {
      way.time += 1_000;
      await way.ask((i * 37) % 700, ((i * 13) % 11) / 10);
      expect(way.off).to.be.within(248, 252);
    }
  });

  it("a slow drift is followed by quick samples as soon as it is larger than they are unsure", async () => {
    const way = new Way();
    await way.ask(2);
    for (let i = 0; i < 200; i++) {
      way.time += 5_000;
      way.ahead += 0.5;
      await way.ask(2);
      expect(Math.abs(way.off - way.ahead)).to.be.below(3);
    }
    expect(way.off).to.be.within(97, 103);
  });
});
