// A merge patch onto a schedule: what it says changes, all else stays.
import { expect } from "chai";
import { ExpectedError } from "../../src/errors.ts";
import { type Definition, readDefinition, type ScheduleFields } from "../../src/schedules/input.ts";
import { patchDefinition } from "../../src/schedules/patch.ts";

const NOW = Date.parse("2026-11-21T12:09:19.250Z");
const LATER = NOW + 40 * 86_400_000;
const at = (now: number) => ({ now, timeZone: "UTC", overlap: "skip" as const });

const nightly = readDefinition(
  {
    name: "Nightly",
    cron: "30 2 * * *",
    timeZone: "Europe/Berlin",
    dst: { gap: "skip", repeat: "both" },
    params: { token: { $sealed: "…" }, size: 5, deep: { a: 1, b: 2 } },
    overlap: "allow_all",
    catchUp: { policy: "all", window: "2h", max: 7 },
    jitter: "5m",
    timeout: "10m",
    retries: { attempts: 3, backoff: "30s", max: "5m" },
    endAt: "2026-12-01T00:00Z",
    maxRuns: 9,
  },
  at(NOW),
);

function patched(patch: ScheduleFields, base: Definition = nightly, now = NOW): Definition {
  return patchDefinition(base, patch, at(now));
}

function refusal(patch: ScheduleFields, base: Definition = nightly, now = NOW): string[] {
  try {
    patched(patch, base, now);
  } catch (error) {
    if (error instanceof ExpectedError) return error.fields.map(({ pointer, code }) => `${pointer} ${code}`);
    throw error;
  }
  return [];
}

describe("a merge patch", () => {
  it("that says nothing changes nothing", () => {
    expect(patched({})).to.deep.equal(nightly);
    expect(patched({ name: undefined, cron: undefined })).to.deep.equal(nightly);
  });

  it("changes only what it says", () => {
    expect(patched({ cron: "0 4 * * *" })).to.deep.equal({
      ...nightly,
      when: { ...nightly.when, cron: "0 4 * * *" },
    });
    expect(patched({ timeZone: "Asia/Tokyo" })).to.deep.include({ timeZone: "Asia/Tokyo", maxRuns: 9 });
    expect(patched({ timeZone: "Asia/Tokyo" }).when).to.include({
      timeZone: "Asia/Tokyo",
      cron: "30 2 * * *",
    });
    expect(patched({ dst: { gap: "next" } }).when).to.include({ gap: "next", repeat: "both" });
    expect(patched({ catchUp: { max: 3 } }).catchUp).to.deep.equal({
      policy: "all",
      windowMs: 7_200_000,
      max: 3,
    });
    expect(patched({ retries: { attempts: 5 } }).retries).to.include({
      attempts: 5,
      backoffMs: 30_000,
      maxMs: 300_000,
    });
    expect(patched({ enabled: false })).to.deep.equal({ ...nightly, enabled: false });
  });

  it("takes a duration under either of its names", () => {
    expect(patched({ timeout: "1m" }).timeoutMs).to.equal(60_000);
    expect(patched({ timeoutMs: 61_000 }).timeoutMs).to.equal(61_000);
    expect(patched({ catchUp: { window: "3h" } }).catchUp).to.include({
      windowMs: 10_800_000,
      policy: "all",
    });
    expect(patched({ retries: { backoff: "1m" } }).retries).to.include({ backoffMs: 60_000, attempts: 3 });
    expect(patched({ retries: { max: "1h" } }).retries).to.include({ maxMs: 3_600_000 });
    expect(patched({ jitterMs: 5 }).jitterMs).to.equal(5);
  });

  it("resets a field to its default by null", () => {
    const reset = patched({
      name: null,
      dst: null,
      overlap: null,
      catchUp: null,
      jitterMs: null,
      retries: null,
    });
    expect(reset).to.deep.include({ name: null, overlap: "skip", jitterMs: 0, retries: null });
    expect(reset.when).to.include({ gap: "next", repeat: "first" });
    expect(reset.catchUp).to.deep.equal({ policy: "latest", windowMs: 3_600_000, max: 100 });
    expect(patched({ timeZone: null, endAt: null, maxRuns: null })).to.deep.include({
      timeZone: "UTC",
      endAt: null,
      maxRuns: null,
    });
    expect(refusal({ cron: null })).to.deep.equal(["/cron required"]);
  });

  it("changes the kind by saying another one", () => {
    const every = patched({ every: "1h" });
    expect(every.when).to.deep.equal({
      kind: "every",
      everyMs: 3_600_000,
      anchorAt: Math.floor(NOW / 1000) * 1000,
    });
    expect(every.timeZone).to.equal("Europe/Berlin");
    expect(patched({ at: "2026-11-30T00:00Z", cron: null }).when.kind).to.equal("at");
    expect(patched({ cron: "@daily" }, every).when).to.include({
      kind: "cron",
      gap: "next",
      timeZone: "Europe/Berlin",
    });
    expect(refusal({ cron: "@daily", every: "1h" })).to.deep.equal(["/every both"]);
  });

  it("S12: keeps the anchor of an interval whose length changes", () => {
    const every = patched({ every: "1h" });
    const longer = patched({ every: "2h" }, { ...every, endAt: null }, LATER);
    expect(longer.when).to.deep.equal({ ...every.when, everyMs: 7_200_000 });
    expect(patched({ everyMs: 60_000, jitter: null }, every).when).to.include({ everyMs: 60_000 });
  });

  it("merges params, and keeps a secret that comes back as it is shown", () => {
    expect(patched({ params: { size: 6 } }).params).to.deep.equal({ ...nightly.params, size: 6 });
    expect(patched({ params: { size: null } }).params).to.not.have.property("size");
    expect(patched({ params: { token: { secret: true } } }).params["token"]).to.deep.equal({ $sealed: "…" });
    expect(patched({ params: { token: "new" } }).params["token"]).to.equal("new");
    expect(patched({ params: { deep: { a: 3 } } }).params["deep"]).to.deep.equal({ a: 3 });
    expect(patched({ params: null }).params).to.deep.equal({});
    expect(refusal({ params: [] })).to.deep.equal(["/params type"]);
    const evil = JSON.parse(
      '{"__proto__":{"polluted":1},"params":{"__proto__":{"polluted":1}}}',
    ) as ScheduleFields;
    expect(patched(evil).params).to.not.have.property("polluted");
  });

  it("does not mind what has passed meanwhile, unless it says it anew", () => {
    expect(refusal({ name: "Old" }, nightly, LATER)).to.deep.equal([]);
    expect(refusal({ endAt: "2026-12-01T00:00Z" }, nightly, LATER)).to.deep.equal(["/endAt past"]);
    expect(refusal({ cron: "0 4 * * *" }, nightly, LATER)).to.deep.equal(["/endAt never_fires"]);
    const once = readDefinition({ at: "2026-11-30T00:00Z" }, at(NOW));
    expect(refusal({ name: "Old" }, once, LATER)).to.deep.equal([]);
    expect(refusal({ at: "2026-11-30T00:00Z" }, once, LATER)).to.include("/at past");
  });

  it("is refused with a pointer for every wrong field", () => {
    expect(refusal({ overlap: "x", catchUp: { max: 0 }, retries: { attempts: "3" } })).to.deep.equal([
      "/overlap option",
      "/catchUp/max min",
      "/retries/attempts type",
    ]);
    expect(refusal({ jitter: "2d" })).to.deep.equal(["/jitter max"]);
    expect(refusal({ cron: "* * * * *" })).to.deep.equal(["/jitterMs max"]);
  });
});
