import { expect } from "chai";
import { ExpectedError, type FieldError } from "../../../src/errors.ts";
import { parseBody } from "../../../src/http/dto/parse-body.ts";
import { TriggerBody } from "../../../src/http/dto/run-bodies.ts";
import { CreateScheduleBody, PatchScheduleBody, PreviewBody } from "../../../src/http/dto/schedule-bodies.ts";
import { SignInLinkBody, TokenBody } from "../../../src/http/dto/token-bodies.ts";
import type { BodyClass } from "../../../src/http/route.ts";

/** The wrong fields of a body; empty when it is taken. */
function wrong(Dto: BodyClass<object>, body: unknown): readonly FieldError[] {
  try {
    parseBody(Dto, body);
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(ExpectedError);
    expect((error as ExpectedError).status).to.equal(422);
    return (error as ExpectedError).fields;
  }
}

const pointers = (Dto: BodyClass<object>, body: unknown) => wrong(Dto, body).map((field) => field.pointer);

const SCHEDULE = { job: "open", cron: "0 2 * * *" };

describe("parseBody closes the measured holes of class-validator and class-transformer", () => {
  it("null, text and an array as the body are a 422, not a TypeError (validate throws on null)", () => {
    for (const body of [null, undefined, "text", 1, true, [], [{}]]) {
      expect(wrong(TriggerBody, body)).to.have.length(1);
      expect(wrong(TriggerBody, body)[0]).to.include({ pointer: "", code: "type" });
    }
  });

  for (const [Dto, base, fields] of [
    [CreateScheduleBody, SCHEDULE, ["catchUp", "dst", "retries"]],
    [PatchScheduleBody, {}, ["catchUp", "dst", "retries"]],
    [PreviewBody, { cron: "0 2 * * *" }, ["dst"]],
  ] as const) {
    for (const field of fields) {
      it(`${Dto.name}.${field} is checked inside (ValidateNested needs Type), and is no array, text or number`, () => {
        expect(pointers(Dto, { ...base, [field]: { bogus: 1 } })).to.deep.equal([`/${field}/bogus`]);
        for (const value of [[], [{ bogus: 1 }], "text", 7, true]) {
          expect(pointers(Dto, { ...base, [field]: value }), JSON.stringify(value)).to.deep.equal([
            `/${field}`,
          ]);
        }
        expect(wrong(Dto, { ...base, [field]: {} })).to.deep.equal([]);
      });
    }
  }

  it("wrong values inside a nested part are named by their whole pointer", () => {
    const body = {
      ...SCHEDULE,
      catchUp: { policy: 7, max: 0.5 },
      retries: { attempts: "3" },
      dst: { gap: true },
    };
    expect(pointers(CreateScheduleBody, body)).to.have.members([
      "/catchUp/policy",
      "/catchUp/max",
      "/retries/attempts",
      "/dst/gap",
    ]);
  });

  it("null is no value for a field that may only be left out (IsOptional would take it)", () => {
    for (const field of ["params", "priority", "delayMs", "onBusy"]) {
      expect(pointers(TriggerBody, { [field]: null }), field).to.deep.equal([`/${field}`]);
    }
    expect(pointers(CreateScheduleBody, { ...SCHEDULE, job: null })).to.deep.equal(["/job"]);
    for (const field of ["name", "role"]) {
      expect(pointers(SignInLinkBody, { [field]: null }), field).to.deep.equal([`/${field}`]);
    }
  });

  it("null is the default of every field of a schedule but its job, so that what GET shows can be sent back", () => {
    const nulls = { name: null, timeoutMs: null, retries: null, startAt: null, endAt: null, maxRuns: null };
    expect(wrong(CreateScheduleBody, { ...SCHEDULE, ...nulls })).to.deep.equal([]);
    expect(wrong(PatchScheduleBody, { ...nulls, cron: null, every: "15m" })).to.deep.equal([]);
    expect(parseBody(PatchScheduleBody, nulls)).to.deep.include(nulls);
    expect(wrong(TokenBody, { name: "ci", role: "viewer", sources: null, expiresAt: null })).to.deep.equal(
      [],
    );
  });

  it("types are never converted: what a browser form sends as text is wrong, under tsx as when built", () => {
    expect(pointers(CreateScheduleBody, { ...SCHEDULE, enabled: "false" })).to.deep.equal(["/enabled"]);
    expect(pointers(CreateScheduleBody, { ...SCHEDULE, jitterMs: "5" })).to.deep.equal(["/jitterMs"]);
    expect(pointers(TriggerBody, { priority: "1" })).to.deep.equal(["/priority"]);
    expect(pointers(TriggerBody, { priority: 1.5 })).to.deep.equal(["/priority"]);
    expect(parseBody(CreateScheduleBody, { ...SCHEDULE, enabled: false }).enabled).to.equal(false);
  });

  it("unknown fields are refused, one called constructor too (class-transformer drops it in silence)", () => {
    expect(pointers(TriggerBody, { bogus: 1 })).to.deep.equal(["/bogus"]);
    expect(pointers(TriggerBody, JSON.parse('{"constructor":{"prototype":1}}'))).to.deep.equal([
      "/constructor",
    ]);
    expect(pointers(TriggerBody, { toString: 1 })).to.deep.equal(["/toString"]);
    expect(pointers(TriggerBody, { "a/b~c": 1 })).to.deep.equal(["/a~1b~0c"]);
  });

  it("params pass as they were sent, whatever their names are", () => {
    const params = JSON.parse(
      '{"constructor":"x","then":1,"deep":{"constructor":{"a":[1]}},"length":3}',
    ) as object;
    expect(parseBody(TriggerBody, { params }).params).to.equal(params);
    expect(parseBody(CreateScheduleBody, { ...SCHEDULE, params }).params).to.equal(params);
  });

  it("a __proto__ key that got this far pollutes nothing and is refused", () => {
    const body: unknown = JSON.parse('{"__proto__":{"polluted":1}}');
    expect(pointers(TriggerBody, body)).to.deep.equal(["/__proto__"]);
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  it("a missing required field says required; a wrong one says what it is and what is allowed", () => {
    expect(wrong(CreateScheduleBody, { cron: "0 2 * * *" })[0]).to.deep.include({
      pointer: "/job",
      code: "required",
    });
    expect(wrong(TriggerBody, { priority: 11 })).to.deep.equal([
      { pointer: "/priority", code: "max", message: "must be at most 10, but is 11" },
    ]);
    expect(wrong(TriggerBody, { onBusy: "wait" })[0]).to.deep.equal({
      pointer: "/onBusy",
      code: "option",
      message: 'must be queue (wait for a free slot) or refuse (answer 409), but is "wait"',
    });
  });

  it("L3: what stands where params belong is never repeated", () => {
    const fields = wrong(TriggerBody, { params: "xoxb-secret" });
    expect(fields[0]).to.deep.include({ pointer: "/params", code: "type" });
    expect(JSON.stringify(fields)).not.to.include("xoxb");
  });

  it("every field of every body has a rule of its own, so that whitelisting never drops a declared one", () => {
    const token = { name: "ci", role: "viewer", sources: ["a"], expiresAt: "2027-01-01T00:00:00Z" };
    expect({ ...parseBody(TokenBody, token) }).to.deep.equal(token);
    const run = { params: {}, priority: 1, delayMs: 5, onBusy: "queue" };
    expect({ ...parseBody(TriggerBody, run) }).to.deep.equal(run);
    const schedule = {
      ...SCHEDULE,
      name: "n",
      every: "15m",
      everyMs: 900_000,
      anchorAt: "2027-01-01T00:00:00Z",
      at: "2027-01-01T00:00:00Z",
      timeZone: "UTC",
      params: {},
      enabled: true,
      overlap: "skip",
      catchUp: { policy: "all", window: "1h", windowMs: 1, max: 1 },
      dst: { gap: "next", repeat: "first" },
      jitter: "5s",
      jitterMs: 1,
      timeout: "10m",
      timeoutMs: 1,
      retries: { attempts: 1, backoff: "1s", backoffMs: 1, factor: 1, max: "1m", maxMs: 1 },
      maxFailedShare: 0.5,
      startAt: "2027-01-01T00:00:00Z",
      endAt: "2027-01-01T00:00:00Z",
      maxRuns: 1,
    };
    expect(JSON.parse(JSON.stringify(parseBody(CreateScheduleBody, schedule)))).to.deep.equal(schedule);
  });
});
