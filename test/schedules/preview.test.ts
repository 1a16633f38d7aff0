// What a schedule will do, in words.
import { expect } from "chai";
import { previewOf } from "../../src/schedules/preview.ts";
import type { OverlapPolicy } from "../../src/sdk/spec.ts";
import type { When } from "../../src/schedules/schedule.ts";
import { sentenceOf } from "../../src/schedules/sentence.ts";
import { costMs } from "../support/cost.ts";

const FROM = Date.parse("2026-11-21T12:00:00Z");

function cron(
  text: string,
  timeZone = "UTC",
  gap: "next" | "skip" = "next",
  repeat: "first" | "both" = "first",
): When {
  return { kind: "cron", cron: text, timeZone, gap, repeat };
}

function preview(when: When, timeZone = when.kind === "cron" ? when.timeZone : "UTC") {
  return previewOf(when, { from: FROM, count: 3, timeZone });
}

const warnings = (when: When, timeZone?: string) =>
  preview(when, timeZone).warnings.map(({ code, message }) => `${code}: ${message}`);

describe("a preview", () => {
  const sentences: readonly (readonly [string, string])[] = [
    ["0 2 * * *", "At 02:00, every day (UTC)"],
    ["@daily", "At 00:00, every day (UTC)"],
    ["30 2 * * 1-5", "At 02:30, Monday through Friday (UTC)"],
    ["*/15 * * * *", "Every 15 minutes (UTC)"],
    ["* * * * * *", "Every second (UTC)"],
    ["0 0 * * 7", "At 00:00, only on Sunday (UTC)"],
    ["0 12 * * 0-7", "At 12:00, every day (UTC)"],
    ["0 12 * * mon-sun", "At 12:00, every day (UTC)"],
    ["0 12 1 * 0-6", "At 12:00, every day (UTC)"],
    ["0 12 * 6 0,1,2-6", "At 12:00, only in June (UTC)"],
    ["0 0 L * *", "At 00:00, on the last day of the month (UTC)"],
    ["0 0 15W * *", "At 00:00, on the weekday nearest day 15 of the month (UTC)"],
    ["0 0 1W,15W * *", "At 00:00, on day-of-month 1W,15W (UTC)"],
    ["0 0 * * fri#2", "At 00:00, on the second Friday of the month (UTC)"],
    ["0 0 * * 5L", "At 00:00, on the last Friday of the month (UTC)"],
    ["0 0 1 jan *", "At 00:00, on day 1 of the month, only in January (UTC)"],
    ["0 0 13 * 5", "At 00:00, on day 13 of the month, or on Friday (UTC)"],
    ["0 0 13 6 1-5", "At 00:00, on day 13 of the month, or Monday through Friday, only in June (UTC)"],
  ];
  for (const [text, sentence] of sentences) {
    it(`says "${sentence}" of ${text}`, () => {
      expect(sentenceOf(cron(text), "UTC")).to.equal(sentence);
    });
  }

  it("has a sentence for intervals and instants too, in their zone", () => {
    const every = (everyMs: number): When => ({ kind: "every", everyMs, anchorAt: FROM + 19_000 });
    const anchor = "counted from 2026-11-21 13:00:19 +01:00 (Europe/Berlin)";
    expect(sentenceOf(every(900_000), "Europe/Berlin")).to.equal(`Every 15 minutes, ${anchor}`);
    expect(sentenceOf(every(3_600_000), "Europe/Berlin")).to.equal(`Every hour, ${anchor}`);
    expect(sentenceOf(every(5_400_000), "Europe/Berlin")).to.equal(`Every 1h 30m, ${anchor}`);
    expect(sentenceOf(every(45_000), "Europe/Berlin")).to.equal(`Every 45 seconds, ${anchor}`);
    expect(sentenceOf({ kind: "at", at: FROM }, "Asia/Kathmandu")).to.equal(
      "Once, at 2026-11-21 17:45 +05:45 (Asia/Kathmandu)",
    );
  });

  it("shows the next fires in UTC and by the local clock with its offset", () => {
    expect(preview(cron("30 2 * * *", "Asia/Kathmandu")).nextFires[0]).to.deep.equal({
      at: Date.parse("2026-11-21T20:45:00Z"),
      utc: "2026-11-21T20:45:00Z",
      local: "2026-11-22T02:30:00+05:45",
    });
    const fires = previewOf(cron("30 2 * * *", "Europe/Berlin"), {
      from: Date.parse("2027-03-27T00:00:00Z"),
      count: 3,
      timeZone: "Europe/Berlin",
    }).nextFires;
    expect(fires.map(({ local }) => local)).to.deep.equal([
      "2027-03-27T02:30:00+01:00",
      "2027-03-28T03:00:00+02:00",
      "2027-03-29T02:30:00+02:00",
    ]);
  });

  it("warns of a text that never fires and of an instant that has passed", () => {
    const never = preview(cron("0 0 30 2 *"));
    expect(never.nextFires).to.deep.equal([]);
    expect(never.sentence).to.equal("At 00:00, on day 30 of the month, only in February (UTC)");
    expect(never.warnings.map(({ code }) => code)).to.deep.equal(["never_fires"]);
    expect(warnings({ kind: "at", at: FROM })).to.deep.equal([
      "never_fires: it never fires: 2026-11-21 12:00 +00:00 has passed",
    ]);
    expect(warnings({ kind: "at", at: FROM + 1 })).to.deep.equal([]);
  });

  it("warns of a zone that nobody named", () => {
    const { warnings } = previewOf(cron("0 2 * * *"), {
      from: FROM,
      count: 1,
      timeZone: "UTC",
      zoneDefaulted: true,
    });
    expect(warnings).to.deep.equal([
      { code: "zone_defaulted", message: "no time zone was named, so UTC holds; name one with timeZone" },
    ]);
  });

  it("S11: warns of day fields that are both given", () => {
    expect(warnings(cron("0 0 13 * 5"))).to.deep.equal([
      "day_or: day-of-month 13 and day-of-week 5 are both given: it fires on a day that matches either of them, " +
        "not only on days that match both",
    ]);
  });

  const clocks: readonly (readonly [When, readonly RegExp[]])[] = [
    [cron("0 12 * * *", "Europe/Berlin"), []],
    [cron("0 * * * *", "Europe/Berlin"), []],
    [cron("0 2 * * *", "Asia/Kathmandu"), []],
    [
      cron("30 2 * * *", "Europe/Berlin"),
      [
        /^dst_gap: 2027-03-28: in Europe\/Berlin clocks go forward from 02:00 to 03:00; 02:30 does not exist and fires at 03:00 instead/,
        /^dst_repeat: 2027-10-31: .* back from 03:00 to 02:00; 02:30 comes twice and fires the first time only, at 2027-10-31T02:30:00\+02:00/,
      ],
    ],
    [
      cron("30 2 * * *", "Europe/Berlin", "skip", "both"),
      [
        /02:30 does not exist and is left out/,
        /fires both times, at 2027-10-31T02:30:00\+02:00 and 2027-10-31T02:30:00\+01:00/,
      ],
    ],
    [
      cron("*/10 2 * * *", "Europe/Berlin"),
      [
        /^dst_gap: .* do not happen that day: a text with \* or \/ fires whenever the clock shows its times \(dst\.gap does nothing for it\)/,
        /^dst_repeat: .* happen twice: .* \(dst\.repeat does nothing for it\)/,
      ],
    ],
    // Half an hour: what fires every hour loses one, or has one twice; what fires every half hour goes on.
    [
      cron("15 * * * *", "Australia/Lord_Howe"),
      [/^dst_gap: 2027-10-03: .* forward from 02:00 to 02:30; fires between these times do not happen/],
    ],
    [
      cron("45 * * * *", "Australia/Lord_Howe"),
      [/^dst_repeat: 2027-04-04: .* back from 02:00 to 01:30; fires between these times happen twice/],
    ],
    [cron("*/30 * * * *", "Australia/Lord_Howe"), []],
    [cron("15 * * * *", "Europe/Berlin"), []],
    [cron("0 */2 * * *", "Europe/Berlin"), [/^dst_gap: 2027-03-28/, /^dst_repeat: 2027-10-31/]],
    [
      cron("0,30 2 * * *", "America/New_York"),
      [/^dst_gap: 2027-03-14: .* 02:00 and later ones do not exist and come to one fire at 03:00 instead/],
    ],
    [cron("30 2 * * 1", "Europe/Berlin"), []],
    [cron("0 0 * * *", "America/Santiago"), [/2027-04-03|2027-04-04|2027-09-05/]],
    [cron("30 23 * * *", "America/Nuuk"), [/fires at 2027-03-28 00:00 instead/, /2027-10-30/]],
  ];
  for (const [when, expected] of clocks) {
    const name = when.kind === "cron" ? `${when.cron} in ${when.timeZone}, ${when.gap}, ${when.repeat}` : "";
    it(`S11: warns of what the coming year's clock changes do to ${name}`, () => {
      const told = warnings(when);
      expect(told.length, told.join("\n")).to.equal(expected.length);
      expected.forEach((pattern, i) => expect(told[i]).to.match(pattern));
    });
  }

  it("S9: says what becomes of fires that meet a run, by the overlap of the schedule", () => {
    const told = (overlap?: OverlapPolicy) => {
      const usual = { medianMs: 420_000, runs: 3 };
      const { warnings } = previewOf(cron("*/5 * * * *"), {
        from: FROM,
        count: 1,
        timeZone: "UTC",
        usual,
        overlap,
      });
      return warnings.map(({ message }) => message.replace(/.*succeeded\): /, "")).join();
    };
    expect(told("skip")).to.equal("with overlap skip, fires that meet a run are skipped");
    expect(told("buffer_one")).to.equal(
      "with overlap buffer_one, one fire waits for the run's end, and others are skipped",
    );
    expect(told("buffer_all")).to.equal(
      "with overlap buffer_all, fires wait for the run's end, and later and later each",
    );
    expect(told("cancel_other")).to.equal(
      "with overlap cancel_other, each fire cancels the run, which then hardly ever ends by itself",
    );
    expect(told("allow_all")).to.equal("with overlap allow_all, runs go on beside each other");
    expect(told()).to.equal("fires will meet a run that still goes on");
  });

  it("S12: warns that an interval of days moves by the local clock", () => {
    const daily: When = { kind: "every", everyMs: 86_400_000, anchorAt: FROM };
    expect(warnings(daily, "Europe/Berlin").join()).to.match(
      /^every_drifts: 2027-03-28: .* 60 minutes later/,
    );
    expect(warnings(daily, "UTC")).to.deep.equal([]);
    const every = (hours: number, zone = "Europe/Berlin") =>
      warnings({ ...daily, everyMs: hours * 3_600_000 }, zone);
    expect(every(12).join(), "0:00 and 12:00 become 1:00 and 13:00").to.match(/^every_drifts: 2027-03-28/);
    expect(every(48)).to.have.length(1);
    expect(every(1)).to.deep.equal([]);
    expect(every(1, "Australia/Lord_Howe").join()).to.match(
      /^every_drifts: 2027-04-04: .* 30 minutes earlier/,
    );
    expect(every(0.25, "Australia/Lord_Howe")).to.deep.equal([]);
    // Never at the same times of a day.
    expect(every(7)).to.deep.equal([]);
  });

  it("takes milliseconds, warnings of a year and a hundred fires included", () => {
    const when = cron("30 2 * * *", "Europe/London");
    previewOf(when, { from: FROM, count: 100, timeZone: "Europe/London" });
    let from = FROM;
    const again = () => previewOf(when, { from: (from += 1000), count: 100, timeZone: "Europe/London" });
    expect(costMs(again, 50)).to.be.below(50);
  });
});
