// The range of a backfill: instants, or times of the schedule's zone as an explanation reads them.
import { expect } from "chai";
import { readBackfill } from "../../src/runs/backfill-input.ts";

const NOW = Date.parse("2027-03-31T12:30:15Z");
const read = (from: string, to?: string) => {
  const asked = readBackfill({ from, to }, NOW, "Europe/Berlin");
  return [asked.from, asked.to].map((at) => new Date(at).toISOString());
};

describe("the range of a backfill", () => {
  it("ends now unless it says when, and may be told in the words of the schedule's zone", () => {
    expect(read("2027-03-30T00:00:00Z")).to.deep.equal([
      "2027-03-30T00:00:00.000Z",
      "2027-03-31T12:30:15.000Z",
    ]);
    expect(read("yesterday 02:00", "1h ago")).to.deep.equal([
      "2027-03-30T00:00:00.000Z",
      "2027-03-31T11:30:00.000Z",
    ]);
    // From the first of a time that came twice to the second; one that never was is where the gap ended.
    expect(read("2026-10-25 02:30", "2026-10-25 02:30")).to.deep.equal([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
    expect(read("2027-03-28 02:30", "2027-03-28 05:00")[0]).to.equal("2027-03-28T01:00:00.000Z");
  });

  it("names the field that cannot be read, and the forms that can", () => {
    expect(() => read("someday")).to.throw(/\/from.*must be an instant.*but is "someday"/);
    expect(() => read("yesterday 02:00", "tomorrow 02:00")).to.throw(/\/to.*must not lie in the future/);
    expect(() => read("yesterday")).to.throw(
      /\/from: must name a time of that day too, such as "yesterday 02:00"/,
    );
  });

  it("a beginning in the future is what is wrong, also when no end is given", () => {
    expect(() => read("tomorrow 02:00")).to.throw(
      /^[^/]*\/from: must not lie in the future: what is still to come/,
    );
    expect(() => read("tomorrow 02:00", "2027-05-01T00:00:00Z")).to.throw(
      /\/from: must not lie in the future/,
    );
    expect(() => read("1h ago", "2h ago")).to.throw(/\/to: must not lie before from/);
  });
});
