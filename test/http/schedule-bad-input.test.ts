// Every wrong "when" and every wrong limit of a schedule: 422 that names the field, nothing created, and in no time.
import "reflect-metadata";
import { expect } from "chai";
import { ExpectedError } from "../../src/errors.ts";
import { CreateScheduleBody } from "../../src/http/dto/schedule-bodies.ts";
import { parseBody } from "../../src/http/dto/parse-body.ts";
import { readDefinition, type ScheduleFields } from "../../src/schedules/input.ts";
import { costMs } from "../support/cost.ts";
import { Face } from "../support/face.ts";

const cron = "0 2 * * *";
const MEGABYTE = 1_000_000;

const WRONG: readonly (readonly [what: string, fields: Record<string, unknown>, pointer: string])[] = [
  ["a zero interval", { every: "0s" }, "/every"],
  ["a zero interval in ms", { everyMs: 0 }, "/everyMs"],
  ["a negative interval", { every: "-5m" }, "/every"],
  ["a negative interval in ms", { everyMs: -60_000 }, "/everyMs"],
  ["a sub-second interval", { every: "500ms" }, "/every"],
  ["a sub-second interval in ms", { everyMs: 999 }, "/everyMs"],
  ["a broken second", { everyMs: 1_500 }, "/everyMs"],
  ["a fraction of a millisecond", { everyMs: 1000.5 }, "/everyMs"],
  ["an absurd interval", { every: "999999999999d" }, "/every"],
  ["an absurd interval in ms", { everyMs: Number.MAX_SAFE_INTEGER }, "/everyMs"],
  ["an interval of words", { every: "fortnightly" }, "/every"],
  ["a past at", { at: "2020-01-01T00:00:00Z" }, "/at"],
  ["an at without an offset", { at: "2027-06-01T00:00:00" }, "/at"],
  ["an at on a day that does not exist", { at: "2027-02-30T00:00:00Z" }, "/at"],
  ["an at beyond all bounds", { at: "9999-12-31T00:00:00Z" }, "/at"],
  ["an unknown zone", { cron, timeZone: "Europe/Atlantis" }, "/timeZone"],
  ["a zone of a megabyte", { cron, timeZone: "x".repeat(MEGABYTE) }, "/timeZone"],
  ["an expression that never fires", { cron: "0 0 30 2 *" }, "/cron"],
  ["one more", { cron: "0 0 31 4,6,9,11 *" }, "/cron"],
  ["one that never fires before its end", { cron, endAt: "2027-01-02T03:30:00Z" }, "/endAt"],
  ["an expression of a megabyte", { cron: "x".repeat(MEGABYTE) }, "/cron"],
  ["stars of a megabyte", { cron: "* ".repeat(MEGABYTE / 2) }, "/cron"],
  ["a range without end", { cron: "1-10000000 * * * *" }, "/cron"],
  ["L minus some days", { cron: "0 0 L-3 * *" }, "/cron"],
  [
    "an end before its start",
    { cron, startAt: "2027-06-01T00:00:00Z", endAt: "2027-05-01T00:00:00Z" },
    "/endAt",
  ],
  ["an end at its start", { cron, startAt: "2027-06-01T00:00:00Z", endAt: "2027-06-01T00:00:00Z" }, "/endAt"],
  ["an end that has passed", { cron, endAt: "2026-01-01T00:00:00Z" }, "/endAt"],
  ["a catch-up cap of nothing", { cron, catchUp: { policy: "all", max: 0 } }, "/catchUp/max"],
  ["a catch-up cap beyond its limit", { cron, catchUp: { policy: "all", max: 101 } }, "/catchUp/max"],
  ["a catch-up window beyond its limit", { cron, catchUp: { window: "32d" } }, "/catchUp/window"],
  ["a catch-up policy of its own", { cron, catchUp: { policy: "some" } }, "/catchUp/policy"],
  ["an overlap of its own", { cron, overlap: "queue" }, "/overlap"],
  ["runs beyond their limit", { cron, maxRuns: 1_000_000_001 }, "/maxRuns"],
  ["no runs", { cron, maxRuns: 0 }, "/maxRuns"],
  ["failures beyond their limit", { cron, pauseAfterFailures: 101 }, "/pauseAfterFailures"],
  ["jitter beyond its limit", { cron, jitter: "2d" }, "/jitter"],
  ["jitter as long as the period", { every: "1m", jitter: "1m" }, "/jitter"],
  ["retries beyond their limit", { cron, retries: { attempts: 101 } }, "/retries/attempts"],
  ["a timeout beyond its limit", { cron, timeout: "30d" }, "/timeout"],
  ["a share beyond one", { cron, maxFailedShare: 1.01 }, "/maxFailedShare"],
  ["two whens", { cron, every: "5m" }, "/every"],
  ["no when", {}, "/cron"],
];

/** As a request is read: the shape of its body, then what its fields may be. */
function check(fields: object, now: number): ExpectedError {
  try {
    const body: ScheduleFields & { job?: string } = parseBody(CreateScheduleBody, { job: "open", ...fields });
    delete body.job;
    readDefinition(body, { now, timeZone: "UTC", overlap: "skip" });
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("wrong schedules over REST", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  afterEach("nothing was created", () => expect(face.world.schedules.rows).to.deep.equal([]));

  for (const [what, fields, pointer] of WRONG) {
    it(`A3: ${what} is 422 at ${pointer}, found in under 5 ms`, async () => {
      const { status, json, text } = await face.ask("POST", "/schedules", {
        body: { job: "open", ...fields },
      });
      expect(status, text.slice(0, 500)).to.equal(422);
      expect(json.errors.map((error) => String(error["pointer"]))).to.deep.equal([pointer]);
      expect(String(json.errors[0]!["message"])).to.have.length.within(10, 500);
      expect(text.length, "it does not send all of it back").to.be.below(2_000);
      const now = face.world.clock.time;
      expect(check(fields, now).status).to.equal(422);
      expect(costMs(() => check(fields, now), 5)).to.be.below(5);
    });
  }

  it("A3: a PATCH with any of them changes nothing, and names the same field", async () => {
    const made = await face.ask("POST", "/schedules", { body: { job: "open", cron: "0 2 * * *" } });
    const kept = JSON.stringify(face.world.schedules.rows);
    try {
      for (const [what, fields, pointer] of WRONG) {
        // Of two whens the patch says one, and the other is the schedule's; what is empty changes nothing.
        if (what === "two whens" || what === "no when") continue;
        const { status, json } = await face.ask("PATCH", `/schedules/${String(made.json.id)}`, {
          body: fields,
          headers: { "if-match": "*" },
        });
        expect([status, String(json.errors[0]!["pointer"])], what).to.deep.equal([422, pointer]);
      }
      expect(JSON.stringify(face.world.schedules.rows)).to.equal(kept);
    } finally {
      face.world.schedules.rows.splice(0);
    }
  });

  it("whoever has several fields wrong hears of all of them at once, whoever would have found them", async () => {
    const pointersOf = async (body: object) => {
      const { status, json } = await face.ask("POST", "/schedules", { body });
      expect(status).to.equal(422);
      return json.errors.map((one) => one["pointer"]).sort();
    };
    const wrong = { cron: "61 * * * *", timeZone: "Mars/Olympus", overlap: "sometimes" };
    expect(await pointersOf({ job: "open", name: 5, ...wrong })).to.deep.equal([
      ...["/cron", "/name", "/overlap", "/timeZone"],
    ]);
    expect(await pointersOf({ job: "nothing", ...wrong })).to.deep.equal([
      ...["/cron", "/job", "/overlap", "/timeZone"],
    ]);
    expect(await pointersOf({ job: "nothing", cron: 5, nothing: 1 })).to.deep.equal([
      ...["/cron", "/job", "/nothing"],
    ]);
    expect(await pointersOf({ job: "nothing", cron: "0 2 * * *" })).to.deep.equal(["/job"]);
  });
});
