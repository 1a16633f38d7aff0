// Local times of a zone as people type them.
import { expect } from "chai";
import { instantOf, offsetAt, wallText } from "../../ui/src/words/zoned.ts";

const iso = (wall: string, zone: string) => new Date(instantOf(wall, zone)!).toISOString();

describe("a local time of a zone", () => {
  it("is the instant at which its clock shows that", () => {
    expect(iso("2027-01-31T08:00", "Europe/Berlin")).to.equal("2027-01-31T07:00:00.000Z");
    expect(iso("2027-07-31T08:00:05", "America/New_York")).to.equal("2027-07-31T12:00:05.000Z");
    expect(iso("2027-01-31T08:00", "Asia/Kathmandu")).to.equal("2027-01-31T02:15:00.000Z");
    expect(instantOf("2027-13-01T00:00", "UTC")).to.equal(null);
    expect(instantOf("", "UTC")).to.equal(null);
  });

  it("S11: is the first of two, and right after a gap", () => {
    expect(iso("2027-10-31T02:30", "Europe/Berlin")).to.equal("2027-10-31T00:30:00.000Z");
    expect(iso("2027-03-28T02:30", "Europe/Berlin")).to.equal("2027-03-28T01:30:00.000Z");
    expect(wallText(instantOf("2027-03-28T02:30", "Europe/Berlin")!, "Europe/Berlin")).to.equal(
      "2027-03-28T03:30",
    );
  });

  it("of a year that is being typed, digit by digit, is that year and not one of the last century", () => {
    expect(offsetAt(Date.parse("0002-01-31T08:00:00Z"), "UTC")).to.equal(0);
    for (const year of ["0002", "0020", "0099", "0202", "2027"])
      for (const zone of ["UTC", "Asia/Kathmandu"]) {
        const wall = `${year}-01-31T08:00`;
        expect(wallText(instantOf(wall, zone)!, zone).slice(0, 16), `${wall} ${zone}`).to.equal(wall);
      }
  });

  it("of a zone that the browser does not know is the one of UTC", () => {
    expect(offsetAt(0, "Mars/Olympus_Mons")).to.equal(0);
    expect(iso("2027-01-31T08:00", "Mars/Olympus_Mons")).to.equal("2027-01-31T08:00:00.000Z");
  });

  it("comes back as it was typed", () => {
    for (const zone of ["UTC", "Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Apia"])
      for (const wall of ["2026-02-03T04:05", "2026-08-09T23:59:58", "2027-12-31T00:00"])
        expect(wallText(instantOf(wall, zone)!, zone), `${wall} ${zone}`).to.equal(wall);
    expect(offsetAt(0, "UTC")).to.equal(0);
  });
});
