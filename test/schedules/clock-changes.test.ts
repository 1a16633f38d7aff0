// What clock changes and the day fields do to a cron text, by table.
import { expect } from "chai";
import { type Calendar, calendarOf } from "../../src/schedules/calendar.ts";
import { zoneOf } from "../../src/schedules/zone.ts";

type Rules = { gap?: "next" | "skip"; repeat?: "first" | "both" };

function cron(text: string, timeZone = "UTC", { gap = "next", repeat = "first" }: Rules = {}): Calendar {
  return calendarOf({ kind: "cron", cron: text, timeZone, gap, repeat });
}

const at = (text: string) => Date.parse(text);

/** The fires of a span, as the clock of the zone shows them with its offset. */
function shown(calendar: Calendar, zone: string, from: string, to: string): string[] {
  return calendar.between(at(from), at(to), 1000).map((fire) => zoneOf(zone)!.localText(fire));
}

describe("cron texts in a zone", () => {
  const NY = "America/New_York";
  const table: readonly (readonly [string, string, string, Rules, string, string, readonly string[]])[] = [
    [
      "a fixed time in the spring gap fires at its end",
      "30 2 * * *",
      NY,
      {},
      "2027-03-13T12:00Z",
      "2027-03-16T00:00Z",
      ["2027-03-14T03:00:00-04:00", "2027-03-15T02:30:00-04:00"],
    ],
    [
      "a fixed time at the very start of the gap fires at its end",
      "0 2 * * *",
      NY,
      {},
      "2027-03-13T12:00Z",
      "2027-03-16T00:00Z",
      ["2027-03-14T03:00:00-04:00", "2027-03-15T02:00:00-04:00"],
    ],
    [
      "gap skip leaves the day out",
      "30 2 * * *",
      NY,
      { gap: "skip" },
      "2027-03-13T12:00Z",
      "2027-03-16T00:00Z",
      ["2027-03-15T02:30:00-04:00"],
    ],
    [
      "several fixed times of one gap are one fire at its end, together with one that is there anyway",
      "0,15,30 2,3 * * *",
      NY,
      {},
      "2027-03-14T05:00Z",
      "2027-03-14T12:00Z",
      ["2027-03-14T03:00:00-04:00", "2027-03-14T03:15:00-04:00", "2027-03-14T03:30:00-04:00"],
    ],
    [
      "a list of minutes is fixed, not an interval",
      "0,30 2 * * *",
      NY,
      {},
      "2027-03-13T12:00Z",
      "2027-03-15T06:10Z",
      ["2027-03-14T03:00:00-04:00", "2027-03-15T02:00:00-04:00"],
    ],
    [
      "a wildcard hour goes on through the gap",
      "0 * * * *",
      NY,
      {},
      "2027-03-14T05:30Z",
      "2027-03-14T08:30Z",
      ["2027-03-14T01:00:00-05:00", "2027-03-14T03:00:00-04:00", "2027-03-14T04:00:00-04:00"],
    ],
    [
      "a step in a fixed hour follows elapsed time: nothing in the gap",
      "*/20 2 * * *",
      NY,
      {},
      "2027-03-13T12:00Z",
      "2027-03-15T06:10Z",
      ["2027-03-15T02:00:00-04:00"],
    ],
    [
      "a midnight gap (Cairo)",
      "0 0 * * *",
      "Africa/Cairo",
      {},
      "2026-04-22T12:00Z",
      "2026-04-24T22:00Z",
      ["2026-04-23T00:00:00+02:00", "2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"],
    ],
    [
      "a midnight gap (Santiago)",
      "0 0 * * *",
      "America/Santiago",
      {},
      "2026-09-05T12:00Z",
      "2026-09-07T12:00Z",
      ["2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"],
    ],
    [
      "a gap of half an hour (Lord Howe)",
      "15 2 * * *",
      "Australia/Lord_Howe",
      {},
      "2026-10-03T00:00Z",
      "2026-10-05T00:00Z",
      ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
    ],
    [
      "a gap that ends on the next day (Nuuk)",
      "30 23 * * 6",
      "America/Nuuk",
      {},
      "2027-03-27T12:00Z",
      "2027-04-05T00:00Z",
      ["2027-03-28T00:00:00-01:00", "2027-04-03T23:30:00-01:00"],
    ],
    [
      "a whole day that was left out (Apia)",
      "30 2 * * *",
      "Pacific/Apia",
      {},
      "2011-12-29T12:00Z",
      "2011-12-31T13:00Z",
      [
        "2011-12-29T02:30:00-10:00",
        "2011-12-31T00:00:00+14:00",
        "2011-12-31T02:30:00+14:00",
        "2012-01-01T02:30:00+14:00",
      ],
    ],
    [
      "a quarter of an hour (Kathmandu)",
      "5 0 * * *",
      "Asia/Kathmandu",
      {},
      "1985-12-31T12:00Z",
      "1986-01-01T20:00Z",
      ["1986-01-01T00:15:00+05:45", "1986-01-02T00:05:00+05:45"],
    ],
    [
      "a repeated fixed time fires the first time",
      "30 1 * * *",
      NY,
      {},
      "2026-10-31T12:00Z",
      "2026-11-02T12:00Z",
      ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
    ],
    [
      "repeat both fires both times",
      "30 1 * * *",
      NY,
      { repeat: "both" },
      "2026-10-31T12:00Z",
      "2026-11-02T12:00Z",
      ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-02T01:30:00-05:00"],
    ],
    [
      "east of Greenwich too: the first of two",
      "30 2 * * *",
      "Europe/Berlin",
      {},
      "2026-10-24T12:00Z",
      "2026-10-25T12:00Z",
      ["2026-10-25T02:30:00+02:00"],
    ],
    [
      "London",
      "30 1 * * *",
      "Europe/London",
      {},
      "2026-10-24T12:00Z",
      "2026-10-25T12:00Z",
      ["2026-10-25T01:30:00+01:00"],
    ],
    [
      "a start inside the second pass waits for the next day",
      "30 1 * * *",
      NY,
      {},
      "2026-11-01T06:10Z",
      "2026-11-02T12:00Z",
      ["2026-11-02T01:30:00-05:00"],
    ],
    [
      "a wildcard hour runs in both passes",
      "0 * * * *",
      NY,
      {},
      "2026-11-01T04:30Z",
      "2026-11-01T07:30Z",
      ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"],
    ],
    [
      "half hours are continuous",
      "*/30 * * * *",
      NY,
      {},
      "2026-11-01T05:15Z",
      "2026-11-01T07:00Z",
      [
        "2026-11-01T01:30:00-04:00",
        "2026-11-01T01:00:00-05:00",
        "2026-11-01T01:30:00-05:00",
        "2026-11-01T02:00:00-05:00",
      ],
    ],
    [
      "either day field is enough",
      "0 0 13 * 5",
      "UTC",
      {},
      "2026-11-10T12:00Z",
      "2026-11-28T00:00Z",
      ["2026-11-13T00:00:00+00:00", "2026-11-20T00:00:00+00:00", "2026-11-27T00:00:00+00:00"],
    ],
    [
      "1 is Monday",
      "0 0 * * 1",
      "UTC",
      {},
      "2026-11-21T12:00Z",
      "2026-11-30T00:00Z",
      ["2026-11-23T00:00:00+00:00", "2026-11-30T00:00:00+00:00"],
    ],
    [
      "7 is Sunday as 0 is",
      "0 0 * * 7",
      "UTC",
      {},
      "2026-11-21T12:00Z",
      "2026-11-23T00:00Z",
      ["2026-11-22T00:00:00+00:00"],
    ],
    [
      "29 February, also far away",
      "0 0 29 2 *",
      "UTC",
      {},
      "2026-11-21T12:00Z",
      "2033-01-01T00:00Z",
      ["2028-02-29T00:00:00+00:00", "2032-02-29T00:00:00+00:00"],
    ],
  ];
  for (const [what, text, zone, rules, from, to, expected] of table) {
    it(`S11: ${what}: ${text} in ${zone}`, () => {
      const calendar = cron(text, zone, rules);
      expect(shown(calendar, zone, from, to)).to.deep.equal(expected);
      const newest = calendar.newestUpTo(at(to), expected.length);
      expect(newest).to.deep.equal(calendar.between(at(from), at(to), 1000));
    });
  }

  it("S11: a midnight gap of a zone without changes now (Sao Paulo, 2018)", () => {
    const zone = "America/Sao_Paulo";
    const fires = shown(cron("0 0 * * *", zone), zone, "2018-11-03T12:00Z", "2018-11-05T12:00Z");
    expect(fires).to.deep.equal(["2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"]);
  });

  it("S3, S11: tells the local times that a gap swallowed, and only with gap skip", () => {
    const [from, to] = [at("2027-01-01T00:00Z"), at("2028-01-01T00:00Z")];
    const lost = cron("30 2 * * *", NY, { gap: "skip" }).lostIn(from, to);
    expect(lost).to.deep.equal([{ at: at("2027-03-14T07:00Z"), local: "2027-03-14T02:30:00" }]);
    expect(cron("30 2 * * *", NY).lostIn(from, to)).to.deep.equal([]);
    expect(cron("*/5 2 * * *", NY, { gap: "skip" }).lostIn(from, to)).to.deep.equal([]);
    // 03:00 fires by itself at that instant: its row stands for it.
    expect(cron("0 2,3 * * *", NY, { gap: "skip" }).lostIn(from, to)).to.deep.equal([]);
  });
});
