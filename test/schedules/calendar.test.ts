// The calendar by tables: shared objects, intervals, single instants, and what it costs.
import { expect } from "chai";
import { type Calendar, calendarOf } from "../../src/schedules/calendar.ts";
import type { When } from "../../src/schedules/schedule.ts";
import { costMs } from "../support/cost.ts";

type Rules = { gap?: "next" | "skip"; repeat?: "first" | "both" };

function cron(text: string, timeZone = "UTC", { gap = "next", repeat = "first" }: Rules = {}): Calendar {
  return calendarOf({ kind: "cron", cron: text, timeZone, gap, repeat });
}

const at = (text: string) => Date.parse(text);

describe("the calendar", () => {
  const NY = "America/New_York";
  it("is one shared object for the same text, zone and rules", () => {
    expect(cron("0 2 * * *", NY)).to.equal(cron("0 2 * * *", NY));
    expect(cron("0 2 * * *", NY)).not.to.equal(cron("0 2 * * *", NY, { gap: "skip" }));
    expect(cron("0 2 * * *", NY)).not.to.equal(cron("0 2 * * *", "Europe/Berlin"));
  });

  it("answers from instants with milliseconds, and strictly after", () => {
    const calendar = cron("*/5 * * * * *");
    const noon = at("2027-01-01T12:00:00Z");
    expect(calendar.nextAfter(noon - 1)).to.equal(noon);
    expect(calendar.nextAfter(noon)).to.equal(noon + 5000);
    expect(calendar.nextAfter(noon + 1)).to.equal(noon + 5000);
    expect(calendar.newestUpTo(noon + 4999, 1)).to.deep.equal([noon]);
    expect(calendar.newestUpTo(noon, 2)).to.deep.equal([noon - 5000, noon]);
    expect(calendar.newestUpTo(noon, 0)).to.deep.equal([]);
  });

  it("takes a few microseconds a step and nearly nothing for a step it knows", () => {
    const calendar = cron("17 3 * * *", "Europe/Berlin");
    const start = at("2026-11-21T00:00Z");
    const steps = 2000;
    calendar.between(start, Infinity, steps);
    let from = start;
    const walk = () => calendar.between(++from, Infinity, steps);
    expect((costMs(walk, 0.15 * steps) / steps) * 1000).to.be.below(150);
    const known = () => {
      for (let i = 0; i < 10_000; i++) calendar.nextAfter(start + i);
    };
    expect((costMs(known, 150) / 10_000) * 1000).to.be.below(15);
  });

  it("S12: an interval counts from its anchor, which is its first fire", () => {
    const anchor = at("2027-01-01T00:00:07Z");
    const every: When = { kind: "every", everyMs: 900_000, anchorAt: anchor };
    const calendar = calendarOf(every);
    expect(calendar.nextAfter(0)).to.equal(anchor);
    expect(calendar.nextAfter(anchor)).to.equal(anchor + 900_000);
    expect(calendar.nextAfter(anchor + 899_999)).to.equal(anchor + 900_000);
    expect(calendar.between(anchor - 1, anchor + 1_800_000, 10)).to.deep.equal([
      anchor,
      anchor + 900_000,
      anchor + 1_800_000,
    ]);
    expect(calendar.between(anchor - 1, anchor + 1_800_000, 2)).to.have.length(2);
    expect(calendar.newestUpTo(anchor + 1_000_000, 5)).to.deep.equal([anchor, anchor + 900_000]);
    expect(calendar.newestUpTo(anchor - 1, 5)).to.deep.equal([]);
    expect(calendar.between(anchor, anchor, 5)).to.deep.equal([]);
  });

  it("S12: one instant fires once", () => {
    const calendar = calendarOf({ kind: "at", at: 5000 });
    expect([calendar.nextAfter(4999), calendar.nextAfter(5000)]).to.deep.equal([5000, null]);
    expect(calendar.between(0, 5000, 9)).to.deep.equal([5000]);
    expect(calendar.between(5000, 9000, 9)).to.deep.equal([]);
    expect(calendar.newestUpTo(5000, 3)).to.deep.equal([5000]);
    expect(calendar.newestUpTo(4999, 3)).to.deep.equal([]);
  });
});
