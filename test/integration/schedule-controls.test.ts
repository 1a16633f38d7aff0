// Schedules in hand, with the real service and the real command line: pause, skip, backfill, failures, downtime, explain.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobmount } from "../cli/jobmount.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const SECOND = 1000;
const TELLS_WHEN = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Tells when" }) {
  execute() {
    return { for: this.run.fireAt };
  }
}
`;

onEveryDatabase("schedules in hand", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(60_000);
    const database = databases.name === "sqlite" ? undefined : await databases.freshUrl();
    service = await Service.start({ jobs: ["noop", "echo", "fails"], database });
  });
  after(async function () {
    this.timeout(30_000);
    await service.stop();
  });

  const cli = async (...args: string[]) => {
    const ended = await jobmount(args, {
      cwd: service.folder,
      env: { JOBMOUNT_URL: service.url, JOBMOUNT_TOKEN: service.token },
    });
    expect(ended.code, ended.stderr).to.equal(0);
    return { out: ended.stdout.trimEnd(), told: ended.stderr.trimEnd() };
  };
  const make = async (body: object): Promise<string> => {
    const made = await service.call("POST", "/schedules", body);
    expect(made.status, made.text).to.equal(201);
    return made.json.id;
  };
  const rowsOf = async (id: string): Promise<Json[]> =>
    (await service.get(`/runs?schedule=${id}&sort=queuedAt&limit=200`)).json.data;
  const remove = (id: string) => service.call("DELETE", `/schedules/${id}`);

  it("S3, S7: a pause costs no run after its answer, is one row when it ends, and is explained in three lines", async function () {
    this.timeout(90_000);
    const id = await make({ job: "noop", every: "1s", name: "Beat", overlap: "allow_all" });
    await eventually(async () => (await rowsOf(id)).length >= 2, 20_000);
    expect((await cli("schedules", "pause", "beat", "--reason", "deploy")).told).to.equal(
      `${id} is paused until it is resumed`,
    );
    const pausedAt = Date.parse((await service.get(`/schedules/${id}`)).json.paused.at);
    await eventually(
      async () => Date.parse((await service.get("/meta")).json.now) > pausedAt + 4 * SECOND,
      20_000,
    );
    expect((await rowsOf(id)).filter((row) => Date.parse(row.fireAt) > pausedAt)).to.deep.equal([]);
    expect((await cli("schedules", "list")).out).to.match(/Beat: Every second.* paused$/m);
    expect((await cli("schedules", "skip-next", "Beat", "--count", "0")).told).to.match(
      /^nothing is skipped; next: none, because the schedule was paused by token:\S+: deploy$/,
    );

    const asked = new Date(Math.ceil(pausedAt / SECOND) * SECOND + SECOND).toISOString();
    const lines = (await cli("explain", "Beat", asked)).out.split("\n");
    expect(lines).to.have.length(3);
    expect(lines[0]).to.include(`"Beat" (${id}) of the job noop, at `);
    expect(lines[1]).to.match(
      /^It did not run: the schedule was paused by token:\S+: deploy, since .*, and still is\.$/,
    );

    const would = (await cli("schedules", "resume", "Beat", "--dry-run")).out;
    expect(would).to.match(/^0 fires would run, \d+ stay skipped \(.* to .*\); next: /);
    await cli("schedules", "resume", "Beat");
    const after = await eventually(async () => {
      const rows = await rowsOf(id);
      return rows.at(-1)!.state !== "skipped" && rows.some((row) => row.state === "skipped")
        ? rows
        : undefined;
    }, 20_000);
    const ranges = after.filter((row: Json) => row.state === "skipped");
    expect(ranges).to.have.length(1);
    expect(ranges[0]).to.include({ reason: "paused" });
    expect(ranges[0].fireCount).to.be.at.least(3);
    expect((await cli("schedules", "explain", id, asked)).out).to.include(
      "It did not run (paused): the schedule",
    );
    await remove(id);
    expect((await cli("explain", id, "in 1h")).out).to.include("It was gone: token:");
  });

  it("everything paused, and resumed: what was due between is one row of each schedule", async function () {
    this.timeout(90_000);
    const ids = [
      await make({ job: "noop", every: "1s" }),
      await make({ job: "echo", every: "1s", params: { text: "x" } }),
    ];
    for (const id of ids) await eventually(async () => (await rowsOf(id)).length >= 1, 20_000);
    expect((await cli("schedules", "pause", "--all", "--until", "1h")).told).to.match(
      /^everything is paused until 2/,
    );
    const at = Date.parse((await service.get("/scheduler")).json.paused.at);
    await eventually(async () => Date.parse((await service.get("/meta")).json.now) > at + 3 * SECOND, 20_000);
    await cli("schedules", "resume", "--all", "--reason", "over");
    const resumedAt = Date.parse((await service.get("/meta")).json.now);
    for (const id of ids) {
      const rows = await rowsOf(id);
      const ran = rows.filter(
        ({ fireAt, state }: Json) => state !== "skipped" && Date.parse(fireAt) > at + 300,
      );
      expect(ran.filter(({ fireAt }: Json) => Date.parse(fireAt) < resumedAt - 1500)).to.deep.equal([]);
      const ranges = rows.filter((row) => row.reason === "paused");
      expect(ranges).to.have.length(1);
      expect(ranges[0]!.cause).to.match(/^skipped: everything was paused by token:/);
      const last = Date.parse(ranges[0]!.fireThrough);
      await eventually(
        async () => (await rowsOf(id)).some((row) => Date.parse(row.fireAt) === last + SECOND),
        20_000,
      );
      await remove(id);
    }
  });

  it("a job switched off costs no run after its answer, says so, and is one row when it is on again", async function () {
    this.timeout(90_000);
    const id = await make({ job: "noop", every: "1s", overlap: "allow_all" });
    await eventually(async () => (await rowsOf(id)).length >= 1, 20_000);
    const patch = async (body: object) => {
      const set = await service.call("PATCH", "/jobs/noop", body, { "if-match": "*" });
      expect(set.status, set.text).to.equal(200);
      return set.json;
    };
    expect(await patch({ enabled: false })).to.include({ enabled: false, nextRunAt: null });
    const offAt = Date.parse((await service.get("/meta")).json.now);
    expect((await service.call("POST", "/jobs/noop/runs", {})).status).to.equal(409);
    await eventually(
      async () => Date.parse((await service.get("/meta")).json.now) > offAt + 3 * SECOND,
      20_000,
    );
    expect((await rowsOf(id)).filter((row) => Date.parse(row.fireAt) > offAt)).to.deep.equal([]);
    expect((await service.get(`/schedules/${id}`)).json.suspended).to.include({
      reason: "disabled",
      scope: "job",
    });
    expect((await cli("explain", id, new Date(offAt + 2 * SECOND).toISOString())).out).to.include(
      'the job "noop" was switched off by token:',
    );
    expect((await cli("jobs")).out).to.match(/^noop +ready, off /m);
    await service.terminate();
    await service.startAgain();
    expect((await service.get("/jobs/noop")).json.enabled).to.equal(false);
    await patch({ enabled: true });
    const ranges = (await rowsOf(id)).filter((row) => row.state === "skipped");
    expect(ranges).to.have.length(1);
    expect(ranges[0]).to.include({ reason: "disabled" });
    expect(ranges[0].fireCount).to.be.at.least(2);
    await eventually(async () => (await rowsOf(id)).at(-1)!.state === "succeeded", 20_000);
    await remove(id);
  });

  it("X8: retries that are set for a job hold for its next run, and no longer when they are taken back", async function () {
    this.timeout(60_000);
    const triesOf = async (retries: object | null) => {
      const set = await service.call("PATCH", "/jobs/fails", { retries }, { "if-match": "*" });
      expect(set.status, set.text).to.equal(200);
      const run = await service.call("POST", "/jobs/fails/runs", {}, { prefer: "wait=30" });
      const { state, attempt, maxAttempts } = run.json;
      return [state, attempt, maxAttempts];
    };
    expect(await triesOf({ attempts: 1 })).to.deep.equal(["failed", 1, 1]);
    expect(await triesOf(null)).to.deep.equal(["failed", 3, 3]);
  });

  it("S9: a backfill runs each instant once, the job is told which, and none when asked again", async function () {
    this.timeout(90_000);
    mkdirSync(join(service.tasks, "tells_when"), { recursive: true });
    writeFileSync(join(service.tasks, "tells_when", "job.ts"), TELLS_WHEN);
    await eventually(async () => (await service.get("/jobs/tells_when")).json.loadState === "ready", 20_000);
    const id = await make({ job: "tells_when", cron: "0 3 1 1 *", name: "Yearly" });
    const range = ["--from", "2016-01-01T00:00:00Z", "--to", "2025-12-31T00:00:00Z"];
    expect((await cli("schedules", "backfill", "yearly", ...range, "--dry-run")).told).to.equal(
      "10 instants would run, from 2016-01-01T03:00:00.000Z to 2025-01-01T03:00:00.000Z",
    );
    expect((await cli("schedules", "backfill", "yearly", ...range, "--dry-run", "--max", "5")).told).to.match(
      /^10 instants would run, .*; more than --max 5: it would be refused$/,
    );
    const batch = (await cli("schedules", "backfill", "yearly", ...range)).out;
    expect(batch).to.match(/^bat_/);
    await eventually(
      async () => (await service.get(`/batches/${batch}`)).json.states.succeeded === 10,
      60_000,
    );
    const runs: Json[] = (await service.get(`/runs?batch=${batch}&sort=queuedAt`)).json.data;
    const years = Array.from({ length: 10 }, (_, i) => `${2016 + i}-01-01T03:00:00.000Z`);
    expect(runs.map((run) => run.forAt)).to.deep.equal(years);
    expect(runs.map((run) => new Date(run.result.for).toISOString())).to.deep.equal(years);
    const again = await cli("schedules", "backfill", "yearly", ...range);
    expect([again.out, again.told]).to.deep.equal(["", "0 instants will run; 10 have run already"]);
    await remove(id);
  });

  it("pauses itself after failures in a row, and says so", async function () {
    this.timeout(60_000);
    const id = await make({ job: "fails", every: "1s", pauseAfterFailures: 2, overlap: "skip" });
    const paused = await eventually(async () => (await service.get(`/schedules/${id}`)).json.paused, 40_000);
    expect(paused.by).to.equal("service");
    expect(paused.reason).to.match(
      /^2 runs in a row failed, the last one run_\w+: .*\(pauseAfterFailures 2\)$/,
    );
    const failed = (await rowsOf(id)).filter((row) => row.state === "failed").length;
    expect(failed).to.be.within(2, 3);
    await remove(id);
  });

  it("S10: what was due while it was killed was missed, however quickly it is back; was down is a fact", async function () {
    this.timeout(120_000);
    const id = await make({ job: "noop", every: "1s", overlap: "allow_all", catchUp: { policy: "skip" } });
    // A beat of its up-time, so that its last sign of life is known.
    await eventually(async () => {
      const { replicas } = (await service.get("/scheduler")).json;
      return replicas.some((one: Json) => Date.parse(one.seenAt) > Date.parse(one.upSince));
    }, 30_000);
    await service.kill9();
    const killedAt = Date.now();
    await eventually(() => Date.now() > killedAt + 3 * SECOND, 10_000);
    await service.startAgain();
    const { upSince } = (await eventually(async () => {
      const { replicas } = (await service.get("/scheduler")).json;
      return replicas.find((one: Json) => Date.parse(one.upSince) > killedAt);
    }, 30_000)) as Json;
    await eventually(
      async () => (await rowsOf(id)).some((row) => Date.parse(row.fireAt) > Date.parse(upSince)),
      30_000,
    );
    const rows = await rowsOf(id);
    const between = rows.filter(
      (row) => Date.parse(row.fireAt) > killedAt + 100 && Date.parse(row.fireAt) < Date.parse(upSince),
    );
    expect(
      between.filter((row) => row.state !== "skipped"),
      "fires of the downtime that ran",
    ).to.deep.equal([]);
    const missed = rows.filter((row) => row.reason === "missed");
    expect(missed.length).to.be.at.least(1);
    const fire = new Date(Math.ceil(killedAt / SECOND) * SECOND + SECOND).toISOString();
    const [, answer, behind] = (await cli("explain", id, fire)).out.split("\n");
    expect(answer).to.match(/^It did not run \(missed\): found /);
    expect(behind).to.match(/^The service was down from .* \(its last sign of life\) to .*\. The next fire/);
    await remove(id);
  });

  it("says what is wrong with what was typed, and does nothing", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await jobmount(args, {
        cwd: service.folder,
        env: { JOBMOUNT_URL: service.url, JOBMOUNT_TOKEN: service.token },
      });
      return `${code} ${stderr.split("\n")[0]}`;
    };
    expect(await refused("schedules", "pause")).to.match(/^2 say what: a schedule, or one of --job/);
    expect(await refused("schedules", "pause", "x", "--all")).to.match(/^2 a schedule and --all are given/);
    expect(await refused("explain", "no such")).to.match(/^4 There is no schedule "no such"/);
    expect(await refused("schedules", "skip-next", "sch_1", "--count", "two")).to.match(
      /^2 --count takes a whole/,
    );
    expect(await refused("schedules", "resume", "--source", "none")).to.match(/^4 There is no source "none"/);
  });
});
