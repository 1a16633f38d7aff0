// Time zones: which names are one, and what their clocks do.
import { expect } from "chai";
import { nearestZones, zoneOf } from "../../src/schedules/zone.ts";

const at = (text: string) => Date.parse(text);

describe("time zones", () => {
  it("S11: are IANA names, in any case, and nothing else", () => {
    expect(zoneOf("europe/berlin")?.name).to.equal("Europe/Berlin");
    // Node replaces this name by an older one; the one that was asked for stays.
    expect(zoneOf("Asia/Kathmandu")?.name).to.equal("Asia/Kathmandu");
    expect(zoneOf("Etc/UTC")?.name).to.equal("Etc/UTC");
    for (const wrong of [
      "",
      "Mars/Base",
      "+02:00",
      "UTC+2",
      "local",
      "../etc/passwd",
      "x".repeat(1000),
      "Europe/",
    ]) {
      expect(zoneOf(wrong), wrong).to.equal(undefined);
    }
  });

  it("suggest the zone that was meant", () => {
    expect(nearestZones("Europe/Berln")).to.include("Europe/Berlin");
    expect(nearestZones("Berlin")).to.deep.equal(["Europe/Berlin"]);
    expect(nearestZones("America/NewYork")).to.include("America/New_York");
    expect(nearestZones("x".repeat(1000))).to.deep.equal([]);
  });

  it("know their offsets to the second, where Intl does", () => {
    for (const name of [
      "Europe/Berlin",
      "Pacific/Apia",
      "Asia/Kathmandu",
      "America/St_Johns",
      "Africa/Casablanca",
    ]) {
      const zone = zoneOf(name)!;
      for (const change of zone.transitions(at("2009-01-01T00:00Z"), at("2028-01-01T00:00Z"))) {
        expect(zone.offsetAt(change.at - 1000), name).to.equal(change.before);
        expect(zone.offsetAt(change.at), name).to.equal(change.after);
        expect(offsetByIntl(name, change.at - 1000), name).to.equal(change.before);
        expect(offsetByIntl(name, change.at), name).to.equal(change.after);
      }
    }
  });
});

function offsetByIntl(timeZone: string, instant: number): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const text = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")!.value;
  const match = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text)!;
  const minutes = match[1] === undefined ? 0 : Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === "-" ? -minutes : minutes) * 60_000;
}
