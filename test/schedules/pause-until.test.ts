// When a pause is to pass by itself, in the words in which people ask for other times too.
import { expect } from "chai";
import { costMs } from "../support/cost.ts";
import { ExpectedError } from "../../src/errors.ts";
import { readPause } from "../../src/schedules/control-input.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import { Controls } from "../../src/schedules/controls.ts";
import { day, refusal, setUp } from "./service-set-up.ts";

// A Wednesday, 14:30:15 in Berlin.
const NOW = Date.parse("2027-03-31T12:30:15.250Z");

function until(value: unknown, now = NOW, timeZone = "Europe/Berlin"): string | null {
  const { until: at } = readPause({ until: value }, now, timeZone);
  return at === null || at === undefined ? null : new Date(at).toISOString().replace(".000Z", "Z");
}

function refused(value: unknown, now = NOW): string {
  try {
    until(value, now);
  } catch (error) {
    if (error instanceof ExpectedError) return error.fields.map(({ message }) => message).join();
    throw error;
  }
  throw new Error(`${JSON.stringify(value)} was taken`);
}

describe("the end of a pause", () => {
  const table: readonly (readonly [string, string])[] = [
    ["2h", "2027-03-31T14:30:15.250Z"],
    ["in 2h", "2027-03-31T14:30:15.250Z"],
    ["2 hours", "2027-03-31T14:30:15.250Z"],
    ["an hour", "2027-03-31T13:30:15.250Z"],
    ["in 2 weeks", "2027-04-14T12:30:15.250Z"],
    ["2027-04-01T04:00:00Z", "2027-04-01T04:00:00Z"],
    ["2027-04-01T06:00+02:00", "2027-04-01T04:00:00Z"],
    ["2027-04-01 06:00", "2027-04-01T04:00:00Z"],
    ["tomorrow 06:00", "2027-04-01T04:00:00Z"],
    ["Tomorrow  6am", "2027-04-01T04:00:00Z"],
    ["today 23:00", "2027-03-31T21:00:00Z"],
    ["15:00", "2027-03-31T13:00:00Z"],
    ["next monday 06:00", "2027-04-05T04:00:00Z"],
  ];
  for (const [text, at] of table) it(`${text} is ${at}`, () => expect(until(text)).to.equal(at));

  it("a time and a weekday without more are the next ones", () => {
    expect(until("06:00")).to.equal("2027-04-01T04:00:00Z");
    expect(until("monday 06:00")).to.equal("2027-04-05T04:00:00Z");
    expect(until("wed 15:00")).to.equal("2027-03-31T13:00:00Z");
    expect(until("wed 06:00")).to.equal("2027-04-07T04:00:00Z");
  });

  it("S11: a time that the clock jumps over is the end of the gap, and of one that comes twice the next is meant", () => {
    expect(until("2027-03-28 02:30", Date.parse("2027-03-27T12:00:00Z"))).to.equal("2027-03-28T01:00:00Z");
    expect(until("2027-10-31 02:30", Date.parse("2027-10-30T12:00:00Z"))).to.equal("2027-10-31T00:30:00Z");
    expect(until("2027-10-31 02:30", Date.parse("2027-10-31T00:45:00Z"))).to.equal("2027-10-31T01:30:00Z");
  });

  it("A3: what has passed, what names no time and what is none is refused in words", () => {
    for (const text of ["yesterday 06:00", "today 06:00", "2h ago", "0s", "now", "2027-03-31T12:30:15Z"])
      expect(refused(text), text).to.equal("must lie in the future; now is 2027-03-31T12:30:15.250Z");
    expect(refused("tomorrow")).to.match(/^must name a time of that day too, such as "tomorrow 02:00"/);
    expect(refused("2027-02-30 06:00")).to.equal('must be a day that exists, but is "2027-02-30 06:00"');
    for (const value of ["soon", "", " ", 5, true, "9".repeat(1_000_000)])
      expect(refused(value), String(value).slice(0, 20)).to.match(
        /^must be a duration from now such as "2h", or an instant/,
      );
    expect(refused("999999999d")).to.equal("must lie before the year 2200");
    const long = "Tomorrow \t".repeat(100_000);
    expect(costMs(() => void refused(long), 5)).to.be.below(5);
  });

  it("means the clock of the schedule's zone, and of the service's own for more than one schedule", async () => {
    const { create, schedules, store, clock } = setUp();
    const controls = new Controls(schedules, clock);
    const { id } = await create({ cron: "0 * * * *", timeZone: "Asia/Tokyo" });
    const own = await controls.pause(id, { until: "tomorrow 06:00" }, "ana");
    expect(own.paused!.until).to.equal(day("21:00:00"));
    const scopes = new ScopePauses(store, schedules.settler, clock, "America/New_York");
    const all = await scopes.pause({ kind: "all" }, { until: "tomorrow 06:00" }, "ana");
    expect(all.until).to.equal(day("11:00:00"));
    const gone = await refusal(controls.pause("sch_none", { until: "soon" }, "ana"));
    expect(gone.status).to.equal(404);
  });
});
