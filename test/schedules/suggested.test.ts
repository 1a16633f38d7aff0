// Which schedule is made from which suggestion of the code, whatever became of it since, and where the two differ.
import { expect } from "chai";
import { appliedOf, driftOf, missingSuggestions, suggestionOf } from "../../src/schedules/suggested.ts";
import type { SuggestedSchedule } from "../../src/sdk/spec.ts";
import { cronAt, makeSchedule } from "./make-schedule.ts";

const ZONE = "Europe/Berlin";
const nightly: SuggestedSchedule = { cron: "0 2 * * *", timeZone: "Europe/Berlin" };
const made = (...from: SuggestedSchedule[]) => from.map((one) => ({ suggested: appliedOf(one) }));
const missing = (now: SuggestedSchedule[], ...from: SuggestedSchedule[]) =>
  missingSuggestions(now, made(...from), ZONE);

describe("suggested schedules", () => {
  it("what was made is not missing, however its schedule was changed since: it is known by what it was made from", () => {
    const schedule = makeSchedule({ ...cronAt("0 5 * * 1"), name: "mine", suggested: appliedOf(nightly) });
    expect(missingSuggestions([nightly], [schedule], ZONE)).to.deep.equal([]);
    expect(missingSuggestions([nightly], [{ ...schedule, suggested: null }], ZONE)).to.deep.equal([nightly]);
  });

  it("the same times in another zone are another suggestion", () => {
    const other = { ...nightly, timeZone: "America/New_York" };
    expect(missing([nightly, other], nightly)).to.deep.equal([other]);
    expect(missing([nightly, other], nightly, other)).to.deep.equal([]);
  });

  it("a name tells suggestions apart, and survives other times; given or taken away later it makes no new one", () => {
    const named = { ...nightly, name: "night" };
    expect(missing([{ ...named, cron: "0 3 * * *" }], named)).to.deep.equal([]);
    expect(missing([{ ...named, name: "early" }], named)).to.have.length(1);
    expect(missing([named], nightly)).to.deep.equal([]);
    expect(missing([nightly], named)).to.deep.equal([]);
  });

  it("the zone that holds when none is named, blanks and other words for one duration make no difference", () => {
    expect(missing([nightly], { cron: "0  2 * * *" })).to.deep.equal([]);
    expect(missing([{ every: "60m" }], { every: "1h" })).to.deep.equal([]);
    expect(missing([nightly], { ...nightly, timeZone: "europe/berlin" })).to.deep.equal([]);
    expect(missing([{ every: "61m" }], { every: "1h" })).to.have.length(1);
  });

  it("one schedule stands for one suggestion: two that are alike but for their params are two", () => {
    const [one, two] = [
      { ...nightly, params: { size: 1 } },
      { ...nightly, params: { size: 2 } },
    ];
    expect(missing([one, two])).to.deep.equal([one, two]);
    expect(missing([one, two], one)).to.have.length(1);
    expect(missing([one, two], one, two)).to.deep.equal([]);
  });

  it("keeps no params of what was applied: they may be secret", () => {
    expect(appliedOf({ ...nightly, params: { token: "xoxb" } })).to.deep.equal(nightly);
  });

  it("drift: each field in which the schedule is another than what the code suggests now, and no more", () => {
    const suggestion = { ...nightly, params: { size: 1, token: "xoxb" } };
    const schedule = makeSchedule({
      ...cronAt("0 2 * * *", ZONE),
      params: { size: 1, open: true, token: {} },
    });
    const drift = (changes: object, to: SuggestedSchedule = suggestion) =>
      driftOf({ ...schedule, ...changes }, to, ZONE, (name) => name === "token");
    expect(drift({})).to.deep.equal([]);
    expect(drift({ name: "mine" })).to.deep.equal([]);
    expect(drift({}, { ...suggestion, name: "theirs" })).to.deep.equal(["name"]);
    expect(drift(cronAt("0 3 * * *", "UTC"))).to.deep.equal(["cron", "timeZone"]);
    expect(drift({ params: { size: 2 } })).to.deep.equal(["params"]);
    expect(drift({}, { every: "1h", timeZone: ZONE })).to.deep.equal(["cron", "every"]);
  });

  it("finds what the code suggests now by name, else by its times; nothing where it suggests it no more", () => {
    const named = { ...nightly, name: "night" };
    const later = { ...named, cron: "0 3 * * *" };
    expect(suggestionOf({ suggested: named }, [nightly, later], ZONE)).to.equal(later);
    expect(suggestionOf({ suggested: nightly }, [{ every: "1h" }, nightly], ZONE)).to.equal(nightly);
    expect(suggestionOf({ suggested: nightly }, [{ every: "1h" }], ZONE)).to.equal(undefined);
    expect(suggestionOf({ suggested: null }, [nightly], ZONE)).to.equal(undefined);
  });
});
