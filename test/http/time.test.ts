import { expect } from "chai";
import { expectedRevision } from "../../src/http/etag.ts";
import { parseInstant, parseInstantOrAgo } from "../../src/http/time.ts";

describe("instants as the API reads them", () => {
  it("RFC 3339 with Z or an offset, to the millisecond", () => {
    const noon = Date.UTC(2027, 2, 28, 12);
    for (const text of [
      "2027-03-28T12:00:00Z",
      "2027-03-28t12:00:00z",
      "2027-03-28T14:00:00+02:00",
      "2027-03-28T06:30:00-05:30",
    ]) {
      expect(parseInstant(text), text).to.equal(noon);
    }
    expect(parseInstant("2027-03-28T12:00:00.5Z")).to.equal(noon + 500);
    expect(parseInstant("2027-03-28T12:00:00.123456789Z")).to.equal(noon + 123);
    expect(parseInstant("2028-02-29T00:00:00Z")).to.equal(Date.UTC(2028, 1, 29));
  });

  it("nothing else: no date that is not, no local time, no number", () => {
    for (const text of [
      "2027-02-29T00:00:00Z",
      "2027-02-30T00:00:00Z",
      "2027-13-01T00:00:00Z",
      "2027-01-01T24:00:00Z",
      "2027-01-01T00:60:00Z",
      "2027-01-01T00:00:00",
      "2027-01-01T00:00:00+25:00",
      "2027-01-01",
      "0050-01-01T00:00:00Z",
      "1800000000000",
      "tomorrow",
      "",
    ]) {
      expect(parseInstant(text), text).to.equal(undefined);
    }
  });

  it("or a duration back from now", () => {
    expect(parseInstantOrAgo("24h", 100_000_000)).to.equal(100_000_000 - 86_400_000);
    expect(parseInstantOrAgo("-24h", 100_000_000)).to.equal(undefined);
  });
});

describe("If-Match", () => {
  it("names a revision, any, or none that could match", () => {
    expect(expectedRevision('"12"', "required")).to.deep.equal([12]);
    expect(expectedRevision(" 12 ", "required")).to.deep.equal([12]);
    expect(expectedRevision('"12", "13"', "required")).to.deep.equal([12, 13]);
    expect(
      expectedRevision('"a,b" ,, W/"7",\t"13"', "required"),
      "a comma in a tag, a weak one",
    ).to.deep.equal([13]);
    expect(expectedRevision("*", "required")).to.equal(null);
    expect(expectedRevision("", "optional")).to.equal(null);
    expect(() => expectedRevision("", "required"))
      .to.throw("If-Match")
      .with.property("status", 428);
    for (const text of ['W/"12"', '"012"', '"9999999999999999999"', '"abc"', 'W/"1", ""', ","])
      expect(expectedRevision(text, "optional"), text).to.deep.equal([]);
    for (const text of ["abc", '"1', '"1" "2"', '*, "1"', '"1", *', '"1";', '"a b"']) {
      expect(() => expectedRevision(text, "optional"), text)
        .to.throw("If-Match")
        .with.property("status", 400);
    }
  });
});
