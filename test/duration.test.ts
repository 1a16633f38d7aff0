// Durations in sentences: no unit that nobody would say.
import { expect } from "chai";
import { formatDuration, parseDuration } from "../src/duration.ts";

describe("a duration in words", () => {
  const table: readonly (readonly [string, string])[] = [
    ["1ms", "1ms"],
    ["999ms", "999ms"],
    ["1s", "1s"],
    ["90s", "1m 30s"],
    ["2h", "2h 0s"],
    ["24h", "1d"],
    ["366d", "366d"],
    ["90061s", "1d 1h 1m"],
    ["90000s", "1d 1h"],
  ];
  for (const [given, said] of table)
    it(`${given} is ${said}`, () => expect(formatDuration(parseDuration(given)!)).to.equal(said));
});
