import { expect } from "chai";
import { ChangeWatch } from "../../src/actors/change-watch.ts";
import { silentLogger } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the watch of changes", () => {
  let looks: number;
  let watch: ChangeWatch;
  const make = (look: () => Promise<void>, lookMs: number, soonMs = 5) =>
    (watch = new ChangeWatch({ looks: [look], log: silentLogger, lookMs, soonMs }));
  beforeEach(() => (looks = 0));
  afterEach(() => watch.stop());
  const count = () => {
    looks++;
    return Promise.resolve();
  };

  it("asks nothing while nobody watches, whatever wakes it, and nothing after that", async () => {
    make(count, 10);
    watch.onWake();
    await wait(40);
    expect(looks).to.equal(0);
    await watch.start();
    await eventually(() => looks >= 3);
    await watch.stop();
    const until = looks;
    watch.onWake();
    await wait(40);
    expect(looks).to.equal(until);
  });

  it("looks soon after a wake, once for a hundred of them", async () => {
    make(count, 600_000);
    await watch.start();
    await eventually(() => looks === 1);
    for (let i = 0; i < 100; i++) watch.onWake();
    await eventually(() => looks === 2);
    await wait(40);
    expect(looks).to.equal(2);
  });

  it("looks once more after a wake that came while it looked, and never twice at a time", async () => {
    let under = 0;
    let most = 0;
    make(async () => {
      looks++;
      most = Math.max(most, ++under);
      await wait(30);
      under--;
    }, 600_000);
    await watch.start();
    await eventually(() => under === 1);
    watch.onExpect();
    await eventually(() => looks === 2);
    expect(most).to.equal(1);
  });

  it("goes on after a look that failed", async () => {
    make(() => {
      looks++;
      return Promise.reject(new Error("the database is away"));
    }, 5);
    await watch.start();
    await eventually(() => looks >= 3);
  });
});
