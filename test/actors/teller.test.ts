// What attempts tell reaches the store in time: much of it at once, so that a flood does not gather in the memory.
import { expect } from "chai";
import type { Attempt } from "../../src/actors/attempt.ts";
import { Teller } from "../../src/actors/teller.ts";
import { Followers } from "../../src/runs/followers.ts";
import { MUCH, Output, type UnnumberedLine } from "../../src/runs/output.ts";
import type { Telling } from "../../src/runs/store.ts";
import { eventually } from "../support/eventually.ts";

const lines = (n: number, length: number): UnnumberedLine[] =>
  Array.from({ length: n }, () => ({ time: 1, level: "info", stream: "stdout", text: "x".repeat(length) }));

describe("the teller", () => {
  let output: Output;
  let tell: (telling: Telling) => Promise<void>;
  let told: number[];
  let failures: unknown[];
  let teller: Teller;
  let followers: Followers;
  beforeEach(() => {
    const start = { runId: "run_1", attempt: 1, logFrom: 1, logBytes: 0, droppedBytes: 0 };
    output = new Output(start, { logBytes: 100 * MUCH, failedRecords: 1 });
    [told, failures] = [[], []];
    tell = ({ lines }) => (told.push(lines.length), Promise.resolve());
    const attempt = { run: { id: "run_1" }, output } as unknown as Attempt;
    followers = new Followers();
    teller = new Teller({
      store: { tell: (telling) => tell(telling) },
      followers,
      attempts: () => [attempt],
      isStopping: () => false,
      failed: (error) => failures.push(error),
    });
    teller.begins(attempt);
  });

  it("X10: much is told at once, and less than that with the next time", async () => {
    output.lines(lines(10, 1_000));
    expect(output.waiting).to.equal(10_000);
    output.lines(lines(300, 1_000));
    await eventually(() => told.length === 1 && output.waiting < MUCH);
    expect(told).to.deep.equal([262]);
    teller.tell();
    await eventually(() => output.waiting === 0);
    expect(told).to.deep.equal([262, 48]);
  });

  it("X10: while one telling is under way no other begins, and what came meanwhile goes with the next", async () => {
    const ends: (() => void)[] = [];
    tell = () => new Promise((resolve) => ends.push(resolve));
    for (let i = 0; i < 3; i++) output.lines(lines(300, 1_000));
    expect(ends).to.have.length(1);
    ends[0]!();
    await eventually(() => ends.length === 2);
    ends[1]!();
    await eventually(() => ends.length === 3);
    ends[2]!();
    await eventually(() => output.waiting < MUCH);
    expect(ends).to.have.length(3);
  });

  it("what somebody follows is told line by line, without waiting for the next time", async () => {
    const following = followers.follow("run_1");
    for (let n = 1; n <= 5; n++) {
      const more = following.next(60_000);
      output.lines(lines(1, 10));
      await eventually(() => told.length === n);
      // Whoever reads the stream hears of each.
      await more;
    }
    expect(told).to.deep.equal([1, 1, 1, 1, 1]);
    following.stop();
    output.lines(lines(1, 10));
    expect(output.dirty).to.equal(true);
  });

  it("L2: what could not be told waits for the next time, which says so", async () => {
    const works = tell;
    tell = () => Promise.reject(new Error("away"));
    output.lines(lines(300, 1_000));
    await eventually(() => output.waiting === 300_000);
    expect(failures).to.deep.equal([]);
    teller.tell();
    await eventually(() => failures.length === 1);
    tell = works;
    teller.tell();
    await eventually(() => told.length === 2 && output.waiting === 0);
    expect(output.dirty).to.equal(false);
  });
});
