// What a request may say of a schedule, field by field.
import { expect } from "chai";
import { ExpectedError, type FieldError } from "../../src/errors.ts";
import { type InputDefaults, readDefinition, type ScheduleFields } from "../../src/schedules/input.ts";
import { costMs } from "../support/cost.ts";

const NOW = Date.parse("2026-11-21T12:09:19.250Z");
const defaults: InputDefaults = { now: NOW, timeZone: "Europe/Berlin", overlap: "buffer_one" };
const read = (fields: ScheduleFields) => readDefinition(fields, defaults);

function refused(fields: unknown): readonly FieldError[] {
  try {
    readDefinition(fields as ScheduleFields, defaults);
  } catch (error) {
    if (error instanceof ExpectedError && error.status === 422) return error.fields;
    throw error;
  }
  throw new Error(`${JSON.stringify(fields)} was accepted`);
}

describe("the input of a schedule", () => {
  it("fills in every default", () => {
    expect(read({ cron: " 0 2 * * * " })).to.deep.equal({
      name: null,
      when: { kind: "cron", cron: "0 2 * * *", timeZone: "Europe/Berlin", gap: "next", repeat: "first" },
      timeZone: "Europe/Berlin",
      params: {},
      enabled: true,
      overlap: "buffer_one",
      catchUp: { policy: "latest", windowMs: 3_600_000, max: 100 },
      jitterMs: 0,
      timeoutMs: null,
      retries: null,
      maxFailedShare: null,
      pauseAfterFailures: null,
      startAt: null,
      endAt: null,
      maxRuns: null,
    });
  });

  it("reads every field, durations as texts", () => {
    const definition = read({
      name: " Nightly ",
      cron: "30 2 * * *",
      timeZone: "america/new_york",
      params: { a: 1 },
      enabled: false,
      overlap: "allow_all",
      catchUp: { policy: "all", window: "6h", max: 10 },
      dst: { gap: "skip", repeat: "both" },
      jitter: "5m",
      timeout: "10m",
      retries: { attempts: 3, backoff: "30s", factor: 2, max: "5m" },
      startAt: "2026-12-01T00:00:00+01:00",
      endAt: "2027-12-01T00:00Z",
      maxRuns: 7,
      maxFailedShare: 0.25,
      pauseAfterFailures: 3,
    });
    expect(definition).to.deep.equal({
      name: "Nightly",
      when: { kind: "cron", cron: "30 2 * * *", timeZone: "America/New_York", gap: "skip", repeat: "both" },
      timeZone: "America/New_York",
      params: { a: 1 },
      enabled: false,
      overlap: "allow_all",
      catchUp: { policy: "all", windowMs: 21_600_000, max: 10 },
      jitterMs: 300_000,
      timeoutMs: 600_000,
      retries: { attempts: 3, backoffMs: 30_000, factor: 2, maxMs: 300_000 },
      startAt: Date.parse("2026-11-30T23:00:00Z"),
      endAt: Date.parse("2027-12-01T00:00:00Z"),
      maxRuns: 7,
      maxFailedShare: 0.25,
      pauseAfterFailures: 3,
    });
  });

  it("reads durations as whole milliseconds too, as the API shows them", () => {
    const definition = read({
      everyMs: 900_000,
      jitterMs: 1500,
      timeoutMs: 60_000,
      catchUp: { windowMs: 5000 },
      retries: { attempts: 2, backoffMs: 0, maxMs: 1000 },
    });
    expect(definition.when).to.deep.equal({
      kind: "every",
      everyMs: 900_000,
      // S12: creation, floored to the second.
      anchorAt: Date.parse("2026-11-21T12:09:19Z"),
    });
    expect(definition).to.deep.include({ jitterMs: 1500, timeoutMs: 60_000 });
    expect(definition.catchUp).to.deep.equal({ policy: "latest", windowMs: 5000, max: 100 });
    expect(definition.retries).to.deep.equal({ attempts: 2, backoffMs: 0, factor: 1, maxMs: 1000 });
  });

  it("takes null for leaving a field out", () => {
    const nulls = {
      every: null,
      at: null,
      timeZone: null,
      dst: null,
      overlap: null,
      catchUp: null,
      jitter: null,
    };
    const more = { retries: null, timeoutMs: null, startAt: null, endAt: null, maxRuns: null, name: null };
    expect(read({ cron: "@daily", ...nulls, ...more })).to.deep.equal(read({ cron: "@daily" }));
  });

  it("S12: takes an interval with an anchor, and one instant", () => {
    const every = read({ every: "1d", anchorAt: "2026-12-01T02:00:00.750Z" });
    expect(every.when).to.include({ everyMs: 86_400_000, anchorAt: Date.parse("2026-12-01T02:00:00Z") });
    expect(read({ at: "2026-12-01T02:00:00.750+01:00" }).when).to.deep.equal({
      kind: "at",
      at: Date.parse("2026-12-01T01:00:00.750Z"),
    });
  });

  const cron = "0 2 * * *";
  const table: readonly (readonly [unknown, string, string, RegExp])[] = [
    [{}, "/cron", "required", /one of cron .* every .* at is required/],
    [{ cron, every: "15m" }, "/every", "both", /cron and every exclude one another/],
    [{ cron, at: "2027-01-01T00:00Z" }, "/at", "both", /exclude/],
    [{ cron: "61 * * * *" }, "/cron", "cron", /^minute: 61 is out of bounds; allowed is 0-59/],
    [{ cron: "0 0 30 2 *" }, "/cron", "never_fires", /never fire/],
    [{ cron: 5 }, "/cron", "type", /must be a text, but is a number/],
    [{ cron: "* ".repeat(500_000) }, "/cron", "cron", /1000000 characters; allowed are at most 100/],
    [{ cron: "1-10000000 * * * *" }, "/cron", "cron", /not understood/],
    [{ cron, timeZone: "Mars/Base" }, "/timeZone", "time_zone", /IANA time zone, such as Europe\/Berlin/],
    [{ cron, timeZone: "Europe/Berln" }, "/timeZone", "time_zone", /did you mean Europe\/Berlin/],
    [{ cron, timeZone: "+02:00" }, "/timeZone", "time_zone", /but is "\+02:00"/],
    [{ cron, timeZone: "x".repeat(1e6) }, "/timeZone", "time_zone", /…/],
    [{ cron, timeZone: "" }, "/timeZone", "time_zone", /./],
    [{ every: "0s" }, "/every", "min", /"0s" is too short; allowed is 1s to 366d/],
    [{ every: "-5m" }, "/every", "duration", /must be a duration such as "30s"/],
    [{ every: "500ms" }, "/every", "min", /too short/],
    [{ every: "1500ms" }, "/every", "whole_seconds", /whole seconds/],
    [{ every: "400d" }, "/every", "max", /too long/],
    [{ every: "999999999999d" }, "/every", "max", /"999999999999d" is too long; allowed is/],
    [{ every: "100000000000d" }, "/every", "max", /"100000000000d" is too long; allowed is/],
    [{ every: "9999999999999999999999s" }, "/every", "max", /is too long; allowed is/],
    [{ every: "15" }, "/every", "duration", /"15"/],
    [{ every: 15 }, "/every", "duration", /but is 15/],
    [{ everyMs: 0 }, "/everyMs", "min", /0 is too short/],
    [{ everyMs: -1000 }, "/everyMs", "min", /too short/],
    [{ everyMs: 1e300 }, "/everyMs", "duration", /whole number of milliseconds/],
    [{ everyMs: 1000.5 }, "/everyMs", "duration", /whole number/],
    [{ every: "15m", everyMs: 900_000 }, "/every", "both", /say the same/],
    [{ every: "15m", anchorAt: "tomorrow" }, "/anchorAt", "instant", /instant with its offset/],
    [{ cron, anchorAt: "2027-01-01T00:00Z" }, "/anchorAt", "unfit", /belongs to every/],
    [{ every: "15m", dst: { gap: "skip" } }, "/dst", "unfit", /cron only/],
    [{ at: "2026-11-21T12:09:19Z" }, "/at", "past", /must lie in the future; now is 2026-11-21T12:09:19/],
    [{ at: "2027-02-30T00:00:00Z" }, "/at", "instant", /a day that exists/],
    [{ at: "2027-13-01T00:00:00Z" }, "/at", "instant", /./],
    [{ at: "2027-01-01T24:00:00Z" }, "/at", "instant", /./],
    [{ at: "2027-01-01T00:00:00" }, "/at", "instant", /with its offset/],
    [{ at: "2300-01-01T00:00:00Z" }, "/at", "instant", /1970 to 2199/],
    [{ at: 1e12 }, "/at", "instant", /but is 1000000000000/],
    [{ cron, dst: { gap: "maybe" } }, "/dst/gap", "option", /one of next, skip, but is "maybe"/],
    [{ cron, dst: { repeat: "twice" } }, "/dst/repeat", "option", /one of first, both/],
    [{ cron, dst: "skip" }, "/dst", "type", /must be an object/],
    [{ cron, dst: { gaps: "skip" } }, "/dst/gaps", "unknown", /allowed are gap, repeat/],
    [
      { cron, overlap: "sometimes" },
      "/overlap",
      "option",
      /skip, buffer_one, buffer_all, cancel_other, allow_all/,
    ],
    [{ cron, catchUp: { policy: "never" } }, "/catchUp/policy", "option", /skip, latest, all, merge/],
    [{ cron, catchUp: { window: "60d" } }, "/catchUp/window", "max", /too long/],
    [{ cron, catchUp: { windowMs: 0 } }, "/catchUp/windowMs", "min", /too short/],
    [{ cron, catchUp: { max: 101 } }, "/catchUp/max", "max", /from 1 to 100, but is 101/],
    [{ cron, catchUp: { max: 0 } }, "/catchUp/max", "min", /from 1 to 100/],
    [{ cron, catchUp: [] }, "/catchUp", "type", /but is a list/],
    [{ cron, jitter: "2d" }, "/jitter", "max", /too long/],
    [
      { cron: "* * * * *", jitter: "1m" },
      "/jitter",
      "max",
      /shorter than the time between two fires, which is 1m/,
    ],
    [{ every: "10s", jitterMs: 10_000 }, "/jitterMs", "max", /which is 10s/],
    [{ cron: "0,5 2 * * *", jitter: "5m" }, "/jitter", "max", /which is 5m/],
    [{ cron, timeout: "0s" }, "/timeout", "min", /too short/],
    [{ cron, timeout: "30d" }, "/timeout", "max", /too long; allowed is 1s to 24d/],
    [{ cron, retries: { attempts: 0 } }, "/retries/attempts", "min", /from 1 to 100/],
    [{ cron, retries: {} }, "/retries/attempts", "required", /is required/],
    [{ cron, retries: { attempts: 1e9 } }, "/retries/attempts", "max", /from 1 to 100/],
    [{ cron, retries: { attempts: 2, factor: 0.5 } }, "/retries/factor", "min", /from 1/],
    [{ cron, retries: { attempts: 2, backoff: "1h", max: "1m" } }, "/retries/max", "min", /at least as long/],
    [{ cron, maxFailedShare: 1.5 }, "/maxFailedShare", "max", /from 0 to 1/],
    [{ cron, maxRuns: 0 }, "/maxRuns", "min", /from 1/],
    [{ cron, maxRuns: 1.5 }, "/maxRuns", "type", /whole number/],
    [
      { cron, startAt: "2027-02-01T00:00Z", endAt: "2027-01-01T00:00Z" },
      "/endAt",
      "order",
      /must be after startAt/,
    ],
    [{ cron, endAt: "2026-01-01T00:00Z" }, "/endAt", "past", /must lie in the future/],
    [{ cron, endAt: "2026-11-21T12:30Z" }, "/endAt", "never_fires", /no fire between/],
    [
      { cron: "0 0 29 2 *", startAt: "2026-12-01T00:00Z", endAt: "2027-12-01T00:00Z" },
      "/endAt",
      "never_fires",
      /./,
    ],
    [{ at: "2027-01-01T00:00Z", startAt: "2027-02-01T00:00Z" }, "/startAt", "never_fires", /./],
    [{ cron, name: "" }, "/name", "min_length", /1 to 128/],
    [{ cron, name: "x".repeat(129) }, "/name", "max_length", /at most 128/],
    [{ cron, name: "a\nb" }, "/name", "pattern", /one line/],
    [{ cron, params: [] }, "/params", "type", /must be an object/],
    [{ cron, enabled: "yes" }, "/enabled", "type", /true or false, but is a text/],
    [{ cron, colour: 1 }, "/colour", "unknown", /allowed are name, cron, every/],
    [{ cron, "a/b~c": 1 }, "/a~1b~0c", "unknown", /./],
  ];
  for (const [fields, pointer, code, message] of table) {
    it(`S13, A3: refuses ${JSON.stringify(fields).slice(0, 90)} at ${pointer}, in under 5 ms`, () => {
      const errors = refused(fields);
      expect(costMs(() => refused(fields), 5)).to.be.below(5);
      const error = errors.find((each) => each.pointer === pointer);
      expect(error, JSON.stringify(errors)).to.include({ code });
      expect(error!.message).to.match(message);
      expect(error!.message.length).to.be.below(500);
      expect(errors).to.have.length(1);
    });
  }

  it("A3: tells everything that is wrong at once", () => {
    const errors = refused({
      cron: "x",
      timeZone: "y",
      overlap: "z",
      maxRuns: -1,
      catchUp: { max: 0 },
      extra: 1,
    });
    expect(errors.map(({ pointer }) => pointer)).to.have.members([
      "/cron",
      "/timeZone",
      "/overlap",
      "/maxRuns",
      "/catchUp/max",
      "/extra",
    ]);
  });
});
