// What somebody types about a schedule, and the requests that come of it: held against the service's own reading of them.
import { expect } from "chai";
import type { Schedule } from "../../ui/src/api/contract.ts";
import {
  bodyOf,
  draftOf,
  durationInput,
  fieldAt,
  newDraft,
  patchBetween,
  previewBody,
  rebased,
  whenOf,
  withinLimits,
} from "../../ui/src/screens/editor/schedule-draft.ts";
import { parseDuration } from "../../src/duration.ts";

const saved = {
  id: "sch_1",
  job: "a",
  source: "default",
  name: "Nightly",
  cron: "30 2 * * *",
  dst: { gap: "skip", repeat: "first" },
  timeZone: "Europe/Berlin",
  overlap: "skip",
  catchUp: { policy: "latest", windowMs: 5_400_000, max: 100 },
  jitterMs: 0,
  timeoutMs: 600_000,
  retries: { attempts: 3, backoffMs: 30_000, factor: 2, maxMs: 3_600_000 },
  startAt: null,
  endAt: "2027-06-01T00:00:00Z",
  maxRuns: null,
  maxFailedShare: 0.5,
  pauseAfterFailures: null,
} as unknown as Schedule;

describe("the draft of a schedule", () => {
  it("leaves out what is not said, so that defaults hold", () => {
    expect(bodyOf(newDraft("UTC"))).to.deep.equal({
      cron: "0 2 * * *",
      timeZone: "UTC",
      dst: { gap: "next", repeat: "first" },
      catchUp: { policy: "latest", window: "1h" },
    });
  });

  it("comes back as it was saved: nothing has changed", () => {
    const draft = draftOf(saved);
    expect(patchBetween(draft, draftOf(saved))).to.deep.equal({});
    expect(draft).to.include({
      window: "90m",
      timeout: "10m",
      backoff: "30s",
      endAt: "2027-06-01T00:00:00Z",
    });
  });

  it("patches what has changed, whole parts at once, and null for what is emptied", () => {
    const draft = draftOf(saved);
    const changed = { ...draft, name: "", timeout: "", attempts: "5", gap: "next", jitter: "2m", endAt: "" };
    expect(patchBetween(draft, changed)).to.deep.equal({
      name: null,
      timeout: null,
      jitter: "2m",
      endAt: null,
      dst: { gap: "next", repeat: "first" },
      retries: { attempts: 5, factor: 2, backoff: "30s", max: "1h" },
    });
    expect(
      patchBetween(draft, { ...draft, attempts: "", backoff: "", factor: "", longest: "" }),
    ).to.deep.equal({ retries: null });
  });

  it("becomes another kind without taking the old one away", () => {
    const draft = draftOf(saved);
    expect(patchBetween(draft, { ...draft, kind: "every", every: "2h" })).to.deep.equal({ every: "2h" });
    expect(whenOf({ ...draft, kind: "at", at: "2027-01-31T00:00:00Z" })).to.deep.equal({
      at: "2027-01-31T00:00:00Z",
      timeZone: "Europe/Berlin",
    });
  });

  it("is previewed from its beginning to its end, both of which belong to it, and no further than its runs", () => {
    const now = Date.parse("2026-11-22T00:00:00Z");
    const draft = { ...newDraft("UTC"), startAt: "2027-06-01T02:00:00Z", endAt: "2027-06-03T02:00:00Z" };
    // The service answers what lies after `from`: a fire at the very beginning is one of them.
    expect(previewBody(draft, now)["from"]).to.equal("2027-06-01T01:59:59.999Z");
    expect(previewBody({ ...draft, startAt: "2020-01-01T00:00:00Z" }, now)).not.to.have.property("from");
    const fires = [1, 2, 3, 4].map((day) => ({ at: `2027-06-0${day}T02:00:00Z` }));
    expect(withinLimits(draft, fires).fires).to.deep.equal(fires.slice(0, 3));
    expect(withinLimits(draft, fires).says).to.deep.equal(["Nothing fires after its end."]);
    const twice = withinLimits({ ...draft, endAt: "", maxRuns: "2" }, fires);
    expect(twice).to.deep.equal({ fires: fires.slice(0, 2), says: ["It is over after 2 runs."] });
    expect(withinLimits({ ...draft, endAt: "", maxRuns: "2" }, fires, true)).to.deep.equal({
      fires,
      says: ["It is over after 2 runs; those that it has made count."],
    });
    expect(withinLimits({ ...draft, endAt: "2027-05-01T00:00:00Z" }, fires)).to.deep.equal({
      fires: [],
      says: ["It never fires: no fire lies between its beginning and its end."],
    });
  });

  it("what is typed is laid over what somebody else saved, and says which fields differ", () => {
    const before = draftOf(saved);
    const mine = { ...before, jitter: "5m", timeout: "20m" };
    const theirs = { ...before, name: "Renamed", timeout: "30m" };
    const { draft, theirs: changed, both } = rebased(before, theirs, mine);
    expect(draft).to.include({ jitter: "5m", timeout: "20m", name: "Renamed" });
    expect([changed, both]).to.deep.equal([["name", "timeout"], ["timeout"]]);
    expect(patchBetween(theirs, draft)).to.deep.equal({ jitter: "5m", timeout: "20m" });
  });

  it("sends what is no number as it is typed: the service names the field", () => {
    expect(bodyOf({ ...newDraft("UTC"), maxRuns: "many" })["maxRuns"]).to.equal("many");
    expect(fieldAt("/retries/backoffMs")).to.equal("backoff");
    expect(fieldAt("/params/x")).to.equal(undefined);
  });

  it("writes durations as the service reads them", () => {
    for (const ms of [1, 999, 1_000, 90_000, 5_400_000, 86_400_000, 90_061_001]) {
      expect(parseDuration(durationInput(ms))).to.equal(ms);
    }
    expect([durationInput(5_400_000), durationInput(172_800_000)]).to.deep.equal(["90m", "2d"]);
  });
});
