// "yesterday 02:00" on the clock of a zone, with its gaps and repeats.
import { expect } from "chai";
import { type AskedTime, dayAlone, readAskedTime, wrongTime } from "../../src/schedules/asked-time.ts";
import { costMs } from "../support/cost.ts";

// A Wednesday, 14:30 in Berlin.
const NOW = Date.parse("2027-03-31T12:30:15Z");

function asked(text: string, zone = "Europe/Berlin", now = NOW): string | undefined {
  const time = readAskedTime(text, now, zone);
  if (!time) return undefined;
  if (time.kind === "lost") return `lost ${new Date(time.change.at).toISOString()}`;
  const at = new Date(time.at).toISOString().replace(".000Z", "Z");
  return time.kind === "twice" ? `${at} and ${new Date(time.again).toISOString().replace(".000Z", "Z")}` : at;
}

describe("an asked time", () => {
  const table: readonly (readonly [string, string])[] = [
    ["2027-03-28T01:00:00Z", "2027-03-28T01:00:00Z"],
    ["2027-03-30t02:00:00+02:00", "2027-03-30T00:00:00Z"],
    ["2027-03-30 02:00", "2027-03-30T00:00:00Z"],
    ["2027-03-30T02:00:30", "2027-03-30T00:00:30Z"],
    ["02:00", "2027-03-31T00:00:00Z"],
    ["today 2:00", "2027-03-31T00:00:00Z"],
    ["Yesterday  02:00", "2027-03-30T00:00:00Z"],
    ["tomorrow 23:59:59", "2027-04-01T21:59:59Z"],
    ["monday 02:00", "2027-03-29T00:00:00Z"],
    ["wednesday 02:00", "2027-03-31T00:00:00Z"],
    ["last wednesday 02:00", "2027-03-24T01:00:00Z"],
    ["last mon 02:00", "2027-03-29T00:00:00Z"],
    ["next wed 02:00", "2027-04-07T00:00:00Z"],
    ["next thursday 02:00", "2027-04-01T00:00:00Z"],
    ["2h ago", "2027-03-31T10:30:00Z"],
    ["in 90s", "2027-03-31T12:31:45Z"],
    ["15s ago", "2027-03-31T12:30:00Z"],
    ["in 2d", "2027-04-02T12:30:00Z"],
    ["1 minute ago", "2027-03-31T12:29:00Z"],
    ["90 seconds ago", "2027-03-31T12:28:45Z"],
    ["in an hour", "2027-03-31T13:30:00Z"],
    ["2 weeks ago", "2027-03-17T12:30:00Z"],
    ["14:30 tomorrow", "2027-04-01T12:30:00Z"],
    ["02:00 last wednesday", "2027-03-24T01:00:00Z"],
    ["yesterday 2am", "2027-03-30T00:00:00Z"],
    ["12 am today", "2027-03-30T22:00:00Z"],
    ["tomorrow 2:30pm", "2027-04-01T12:30:00Z"],
    ["2027-03-30 02:00:15.250", "2027-03-30T00:00:15.250Z"],
    ["2027-03-30 02:00:15.250 +02:00", "2027-03-30T00:00:15.250Z"],
    ["2027-03-30 02:00 +05:30", "2027-03-29T20:30:00Z"],
  ];
  for (const [text, at] of table) it(`${text} is ${at}`, () => expect(asked(text)).to.equal(at));

  it("a local time that the clock jumped over is lost, one that it showed twice is two instants", () => {
    expect(asked("2027-03-28 02:30")).to.equal("lost 2027-03-28T01:00:00.000Z");
    expect(asked("2027-10-31 02:30")).to.equal("2027-10-31T00:30:00Z and 2027-10-31T01:30:00Z");
    expect(asked("2027-10-31 03:00")).to.equal("2027-10-31T02:00:00Z");
    expect(asked("2011-12-30 12:00", "Pacific/Apia")).to.equal("lost 2011-12-30T10:00:00.000Z");
    expect(asked("2027-10-03 02:15", "Australia/Lord_Howe")).to.equal("lost 2027-10-02T15:30:00.000Z");
  });

  it("who counts back or ahead means no millisecond, and in minutes no second either", () => {
    const odd = NOW + 678;
    expect([
      asked("2h ago", "UTC", odd),
      asked("in 90s", "UTC", odd),
      asked("now", "UTC", odd),
    ]).to.deep.equal(["2027-03-31T10:30:00Z", "2027-03-31T12:31:45Z", "2027-03-31T12:30:15.678Z"]);
  });

  it("a day without a time is refused with what would do", () => {
    for (const day of ["next monday", "monday", "yesterday", "2027-03-28", "last wed"]) {
      expect(asked(day), day).to.equal(undefined);
      expect(dayAlone(day)).to.equal(`must name a time of that day too, such as "${day} 02:00"`);
      expect(asked(`${day} 02:00`), day).to.be.a("string");
    }
    for (const none of ["", "teatime", "next", "next week", "02:00", "x".repeat(1_000_000)])
      expect(dayAlone(none), none.slice(0, 40)).to.equal(undefined);
  });

  it("what is refused is told by its cause: a year, a day that never is, a day alone, or the forms", () => {
    const told = (value: unknown) => wrongTime(value, NOW, "UTC");
    const years = "must lie in the years 1970 to 2199, but is ";
    for (const far of [
      "9999-01-01T00:00:00Z",
      "1960-01-01T00:00:00Z",
      "2200-01-01 00:00",
      "in 999999999999 days",
      "99999999d ago",
    ])
      expect(told(far)).to.equal(`${years}"${far}"`);
    for (const none of ["2027-02-30T00:00:00Z", "2027-02-30 02:00", "2027-13-01 02:00", "2027-06-31"])
      expect(told(none)).to.equal(`must be a day that exists, but is "${none}"`);
    expect(told("tomorrow")).to.match(/^must name a time of that day too.*, but is "tomorrow"$/);
    for (const other of ["teatime", "", "25:00", "2027-03-28 25:00", 5, null, "x".repeat(1_000_000)])
      expect(told(other)).to.match(/^must be an instant such as .*, but is /);
  });

  it("only who names the minute means all of it", () => {
    const minute = (text: string) =>
      (readAskedTime(text, NOW, "UTC") as AskedTime & { minute: boolean }).minute;
    expect([
      minute("02:00"),
      minute("02:00:00"),
      minute("2027-03-28T01:00:00Z"),
      minute("now"),
      minute("2h ago"),
      minute("in 90s"),
    ]).to.deep.equal([true, false, false, false, true, false]);
  });

  it("A3: refuses everything else, quickly, whatever its length", () => {
    const wrong = [
      "",
      "2027-03-28",
      "25:00",
      "02:60",
      "2027-02-30 02:00",
      "someday 02:00",
      "last 02:00",
      "in two hours",
      "5 ago",
      "x".repeat(1_000_000),
      "0".repeat(59),
      "in 999999999999d",
      "999999999999d ago",
      "9999-12-31 23:59",
      "1969-12-31 00:00",
    ];
    const all = () => {
      for (const text of wrong) expect(asked(text), text.slice(0, 40)).to.equal(undefined);
    };
    expect(costMs(all, 100)).to.be.below(100);
    const long = "Yesterday \t".repeat(100_000);
    expect(costMs(() => void [asked(long), dayAlone(long)], 5)).to.be.below(5);
  });
});
