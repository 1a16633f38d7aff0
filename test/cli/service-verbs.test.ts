// Every verb of a service, asked of a real one: each once right and once wrong, as text and as JSON.
import { expect } from "chai";
import type { Command } from "commander";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programWith } from "../../src/cli/program.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";
import { ask, type Told, type Where } from "./asked.ts";
import { tempFolder } from "./jobmount.ts";
import { captured } from "./terminals.ts";

/** What belongs to REST and not to the command line. */
const OF_REST = /\/api\/v1|\/query\/|\/params\b|\b(GET|POST|PUT|PATCH|DELETE) \//;

describe("the verbs of a service, asked of a real one", function () {
  this.timeout(120_000);
  const away = tempFolder();
  const told: Told[] = [];
  let service: Service;
  let viewer: Where;

  before(async () => {
    service = await Service.start({ jobs: ["noop", "echo", "slow", "fails", "counts"] });
    mkdirSync(join(service.tasks, "broken"));
    writeFileSync(join(service.tasks, "broken/job.ts"), "this is no job (\n");
    await eventually(async () => (await service.get("/load-errors")).json.data.length === 1, 60_000);
    const { json } = await service.call("POST", "/tokens", { name: "looks", role: "viewer" });
    viewer = { cwd: away, env: { JOBMOUNT_URL: service.url, JOBMOUNT_TOKEN: json.token } };
  });
  after(() => service.stop());

  async function asked(args: readonly string[], where: Where = { cwd: service.folder }): Promise<Told> {
    const answer = await ask(args, where);
    told.push(answer);
    if (!args.includes("--json")) expect(answer.stdout + answer.stderr).not.to.match(OF_REST);
    return answer;
  }
  /** Exit code 0; what it printed, without the last line's end. */
  async function right(...args: string[]): Promise<{ out: string; said: string }> {
    const { code, stdout, stderr } = await asked(args);
    expect(code, `${args.join(" ")}: ${stderr}`).to.equal(0);
    return { out: stdout.trimEnd(), said: stderr.trimEnd() };
  }
  const json = async (...args: string[]): Promise<Json> => JSON.parse((await right(...args, "--json")).out);
  /** The exit code and what was said. */
  async function wrong(args: readonly string[], where?: Where): Promise<string> {
    const { code, stderr, stdout } = await asked(args, where);
    expect(stdout, args.join(" ")).to.equal("");
    return `${code} ${stderr.trimEnd()}`;
  }

  it("jobs, sources: lists of what there is", async () => {
    expect((await right("jobs")).out).to.match(/^JOB +STATE +VERSION .*\nbroken +error +- /);
    expect((await json("jobs")).map(({ key }: Json) => key)).to.include.members(["broken", "noop"]);
    expect((await right("sources")).out).to.match(/^default +available +events /m);
    const source = (await json("sources")).find(({ name }: Json) => name === "default");
    expect(source).to.include({ state: "available", watcher: "events" });
    expect(await wrong(["sources", "--jsno"])).to.match(/^2 .*did you mean --json/is);
    expect((await right("jobs", "list")).out).to.equal((await right("jobs")).out);
    expect(await json("jobs", "list")).to.have.length((await json("jobs")).length);
    expect(await wrong(["jobs", "list", "--jsno"])).to.match(/^2 .*did you mean --json/is);
    expect(await wrong(["jobs", "lst"])).to.match(/^2 .*unknown command 'lst'.*did you mean list/is);
  });

  it("jobs show, edit, enable, disable: what is set above the code of one job, and whether it runs", async () => {
    expect((await right("jobs", "show", "noop")).out)
      .to.match(/^job +default:noop\nname +No-op\nstate +ready\nversion +\w{7}$/m)
      .and.to.match(/^timeout +1h +as its code says$/m)
      .and.to.match(/^concurrency +no limit +as its code says$/m);
    const edited = await right(
      "jobs",
      "edit",
      "noop",
      "--timeout",
      "5m",
      "--attempts",
      "3",
      "--backoff",
      "10s",
    );
    expect(edited.said).to.equal("noop is changed: timeout 5m, 3 tries with 10s between them");
    expect((await json("jobs", "edit", "noop", "--backoff", "20s")).retries).to.include({ attempts: 3 });
    expect((await json("jobs", "edit", "noop", "--attempts", "4")).retries).to.include({ backoffMs: 20_000 });
    const more = [
      "--concurrency",
      "2",
      "--overlap",
      "allow_all",
      "--max-failed-share",
      "0.25",
      "--notes",
      "slow",
    ];
    const job = await json("jobs", "edit", "noop", ...more);
    expect(job.overrides).to.deep.include({ timeoutMs: 300_000, concurrency: 2, maxFailedShare: 0.25 });
    expect(job.overrides.retries).to.deep.include({ attempts: 4, backoffMs: 20_000 });
    expect((await right("jobs", "show", "noop")).out)
      .to.match(/^timeout +5m +set above its code$/m)
      .and.to.match(/^concurrency +2 at a time +set above its code$/m)
      .and.to.match(/^failed share +at most 25 % +set above its code$/m)
      .and.to.match(/^notes +slow$/m);
    expect((await json("jobs", "show", "noop")).overlap).to.equal("allow_all");
    const back = await json(
      "jobs",
      "edit",
      "noop",
      "--take-back",
      "retries,overlap,notes",
      "--timeout",
      "6m",
    );
    expect(back.overrides).to.deep.equal({ timeoutMs: 360_000, concurrency: 2, maxFailedShare: 0.25 });
    expect(back.notes).to.equal(null);
    expect((await right("jobs", "edit", "noop", "--take-back", "all")).said).to.equal(
      "noop is changed: all is as its code says",
    );

    expect((await right("jobs", "disable", "noop", "--dry-run")).out).to.match(/^0 fires would run/);
    expect((await right("jobs", "disable", "noop")).said).to.equal(
      "noop is off: nothing of it runs until it is enabled",
    );
    expect((await right("jobs")).out).to.match(/^noop +ready, off /m);
    expect((await right("jobs", "show", "noop")).out).to.match(/^state +ready, off$/m);
    expect(await wrong(["trigger", "noop"])).to.match(/^4 .*switched off.*npx jobmount jobs enable noop/s);
    expect((await json("jobs", "enable", "noop", "--dry-run")).dryRun).to.equal(true);
    expect((await json("jobs", "disable", "noop")).enabled).to.equal(false);
    expect((await right("jobs", "enable", "noop")).said).to.equal("noop is on");
    expect((await json("jobs", "enable", "noop")).enabled).to.equal(true);

    const edit = (...args: string[]) => wrong(["jobs", "edit", "noop", ...args]);
    expect(await edit()).to.match(/^2 say what is to be changed: --timeout, /);
    expect(await edit("--timeout", "5x")).to.match(/^3 --timeout: must be a duration/);
    expect(await edit("--backoff", "5x")).to.match(/^3 --backoff: must be a duration/);
    expect(await edit("--attempts", "none")).to.match(/^2 --attempts takes a whole number from 1 to /);
    expect(await edit("--concurrency", "0")).to.match(
      /^2 --concurrency takes a whole number from 1 to 10000/,
    );
    for (const share of ["2", "half"])
      expect(await edit("--max-failed-share", share)).to.match(
        /^2 --max-failed-share takes a number from 0 to 1/,
      );
    expect(await edit("--overlap", "x")).to.match(/^2 --overlap: must be one of skip/);
    expect(await edit("--take-back", "params")).to.match(/^2 --take-back takes timeout, retries, overlap, /);
    expect(await edit("--take-back", "timeout", "--timeout", "5m")).to.match(
      /^2 --timeout is given and taken back/,
    );
    for (const verb of ["show", "enable", "disable"])
      expect(await wrong(["jobs", verb, "nop"]), verb).to.equal(
        '4 There is no job "nop". Did you mean "noop"?\nnpx jobmount jobs lists all jobs.',
      );
    expect(await wrong(["jobs", "edit", "nop", "--timeout", "5m"])).to.match(/^4 There is no job "nop"/);
  });

  it("errors: what does not load, with place and next step, of all sources or of one", async () => {
    const { out } = await right("errors");
    expect(out)
      .to.match(/^broken does not load since .*; nothing of it runs\n {2}syntax broken\/job\.ts:1:6 /)
      .and.to.include("→ ");
    const [error, ...more] = await json("errors");
    expect(error).to.include({ job: "broken", source: "default", serving: null, file: "broken/job.ts" });
    expect(more).to.deep.equal([]);
    expect((await right("errors", "--source", "default")).out).to.equal(out);
    expect((await right("errors", "--source", "builtin")).said).to.equal("Everything loads.");
    expect(await wrong(["errors", "--source", "none"])).to.equal(
      '4 There is no source "none". npx jobmount sources lists all.',
    );
  });

  it("trigger: by the declared types, followed with its log, its progress and the exit code of its outcome", async () => {
    expect((await right("trigger", "noop")).out).to.match(/^run_\w+$/);
    const { out, said } = await right("trigger", "echo", "-p", "text=hi", "-p", "integer=5", "--follow");
    expect(out).to.equal("");
    expect(said).to.match(/^run_\w+ queued;.*\n.* info {2}echo: hi trigger="cli"\nsucceeded in /);
    const run = await json("trigger", "echo", "-p", "text=hi", "-p", "boolean=yes", "-w");
    expect(run).to.deep.include({ state: "succeeded", trigger: "cli" });
    expect(run.params).to.include({ text: "hi", boolean: true });
    const failed = await asked(["trigger", "fails", "-p", "permanent=true", "-w"]);
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.include("failed (error) in ").and.to.include("it failed as asked");
    const again = await asked(["trigger", "fails", "-p", "attempts=1", "--wait"]);
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stderr.match(/^attempt 1 failed: it failed as asked/gm)).to.have.length(1);
    // What a job writes cannot change the terminal's title.
    const title = await right("trigger", "echo", "-p", "text=\u001b]0;mine", "-w");
    expect(title.said).to.include("echo: \ufffd]0;mine").and.not.to.include("\u001b");
  });

  it("trigger, jobs: of a job whose newest code does not load, say which version runs", async () => {
    const file = join(service.tasks, "noop/job.ts");
    const code = readFileSync(file, "utf8");
    const state = async () => (await json("jobs")).find(({ key }: Json) => key === "noop").loadState;
    writeFileSync(file, "this is no job (\n");
    await eventually(async () => (await state()) === "stale", 60_000);
    const { said, out } = await right("trigger", "noop");
    expect(out).to.match(/^run_/);
    expect(said).to.match(/^note: noop\/job\.ts does not load since .*; version \w{7} runs$/);
    expect((await right("errors")).out).to.match(/^noop does not load since .*; version \w{7} runs$/m);
    expect((await right("jobs")).said).to.match(/^noop does not load since /m);
    writeFileSync(file, code);
    await eventually(async () => (await state()) === "ready", 60_000);
  });

  it("trigger: says what is wrong in the options that were typed, and makes no run", async () => {
    const before = (await json("runs", "list")).length;
    expect(await wrong(["trigger", "nop"])).to.equal(
      '4 There is no job "nop". Did you mean "noop"?\nnpx jobmount jobs lists all jobs.',
    );
    expect(await wrong(["trigger", "nothing-like-it"])).to.equal(
      '4 There is no job "nothing-like-it".\nnpx jobmount jobs lists all jobs.',
    );
    const never = await wrong(["trigger", "broken"]);
    expect(never)
      .to.match(/^4 {3}syntax broken\/job\.ts:1:6/)
      .and.to.include("has never loaded")
      .and.to.include("npx jobmount validate");
    expect(await wrong(["trigger", "echo"])).to.equal("3 -p text: is required (Text)");
    expect(await wrong(["trigger", "echo", "-p", "text=a", "-p", "integer=101"])).to.equal(
      "3 -p integer: must be at most 100, but is 101",
    );
    expect(await wrong(["trigger", "echo", "-p", "txt=a", "-p", "integer=x"])).to.match(
      /^3 The params are not right:\n {2}-p txt: .*did you mean "text"\?\n {2}-p integer: must be a whole.*\n {2}-p text: is required/,
    );
    const both = ["-p", "permanent=true", "-p", "retryLater=1s"];
    expect(await wrong(["trigger", "fails", ...both])).to.equal(
      "3 the params: permanent or retryLater, not both",
    );
    expect(await wrong(["trigger"])).to.match(/^2 .*missing required argument 'key'/);
    expect((await json("runs", "list")).length).to.equal(before);
  });

  it("runs list: filters by each option, and names the option that is wrong", async () => {
    const { out, said } = await right("runs", "list", "--limit", "2");
    expect(out.split("\n")).to.have.length(3);
    expect(said).to.equal("There are more: raise --limit, or narrow with --since and --until.");
    expect(out).to.match(
      /^RUN +JOB +STATE +TRIGGER +QUEUED +TOOK +RECORDS\nrun_\w+ +noop +succeeded +cli +\d{4}-\S+Z +\d+ms +-\n/,
    );
    const states = async (...args: string[]) =>
      (await json("runs", "list", ...args)).map(({ state }: Json) => state);
    expect(await states("--state", "failed", "--job", "fails")).to.deep.equal(["failed"]);
    expect(await states("--state", "!succeeded", "--trigger", "cli", "--since", "1h")).to.deep.equal([
      "failed",
    ]);
    expect(await states("--source", "none")).to.deep.equal([]);
    expect((await right("runs", "list", "--batch", "bat_none")).said).to.equal("There are no such runs.");
    const list = (...args: string[]) => wrong(["runs", "list", ...args]);
    expect(await list("--limit", "900")).to.match(/^2 --limit: must be a whole number from 1 to 200/);
    expect(await list("--state", "lost")).to.match(/^2 --state: must be made of queued, running/);
    expect(await list("--trigger", "me")).to.match(/^2 --trigger: must be made of schedule, manual/);
    expect(await list("--since", "yesterday")).to.match(/^3 --since: must be an RFC 3339 time/);
    expect(await list("--job", "noop,none")).to.equal(
      '4 --job: There is no job "none". npx jobmount jobs lists all.',
    );
    expect(await list("--limit", "0", "--state", "lost")).to.match(/^2 --state: .*\n {2}--limit: /);
  });

  it("runs show, logs, records: one run, its lines, what it refused", async () => {
    const { id: echo } = await json("trigger", "echo", "-p", "text=hi", "-w");
    expect((await right("runs", "show", echo)).out)
      .to.match(new RegExp(`^run +${echo}\\njob +default:echo\\nstate +succeeded\\n`))
      .and.to.match(/^result +\{"text":"hi"/m);
    expect(await json("runs", "show", echo)).to.include({ id: echo, state: "succeeded" });
    expect((await right("runs", "logs", echo)).out).to.match(/^[\d:]{8} info {2}echo: hi trigger="cli"$/);
    expect(await json("runs", "logs", echo)).to.include({ seq: 1, text: "echo: hi" });
    const counts = await json("trigger", "counts", "-p", "failed=2", "-w");
    expect((await right("runs", "records", counts.id)).out).to.match(
      /^KEY +REASON\nrecord-1 +refused as asked \(1\)\nrecord-2 /,
    );
    const lines = (await right("runs", "records", counts.id, "--json")).out.split("\n");
    expect(JSON.parse(lines[1]!)).to.include({ seq: 2, key: "record-2" });
    expect((await right("runs", "logs", counts.id)).said).to.equal("It wrote nothing.");
    expect((await right("runs", "records", echo)).said).to.equal("The run refused no record.");
    const retried = await json("trigger", "fails", "-p", "attempts=1", "-w");
    expect((await right("runs", "show", retried.id)).out).to.match(
      /^attempts +1 +retrying \(error\) .* it failed as asked.*\n +2 +succeeded /m,
    );
    for (const verb of ["show", "logs", "records", "cancel", "retry"])
      expect(await wrong(["runs", verb, "run_none"]), verb).to.equal('4 There is no run "run_none".');
    expect(await wrong(["runs", "logs", "run_none", "--follow"])).to.match(/^4 There is no run/);
  });

  it("runs cancel: ends one, and says so when it has ended already", async () => {
    const slow = () => right("trigger", "slow", "-p", "ms=600000").then(({ out }) => out);
    const first = await slow();
    const following = right("runs", "logs", first, "--follow");
    const ended = await right("runs", "cancel", first, "--reason", "no need", "--wait");
    expect(ended.said).to.match(/^cancelled \(user\) in /);
    expect((await following).said).to.match(/^cancelled \(user\) in /);
    expect((await right("runs", "show", first)).out).to.match(/^cancel +asked for at .* by local: no need$/m);
    const second = await slow();
    expect(await json("runs", "cancel", second, "-w")).to.include({ id: second, state: "cancelled" });
    expect(await wrong(["runs", "cancel", second])).to.match(/^4 the run run_\w+ has ended already/);
  });

  it("runs retry: a new run with the same params or others, and only of what failed", async () => {
    const { id } = await json("trigger", "counts", "-p", "failed=2", "-w");
    expect((await right("runs", "retry", id)).out).to.match(/^run_\w+$/);
    const again = await json("runs", "retry", id, "-p", "failed=1", "--same-version", "--wait");
    expect(again).to.include({ retryOf: id, trigger: "retry" });
    expect(again.records.failed).to.equal(1);
    expect((await right("runs", "retry", id, "--only-failed", "-w")).said).to.match(/succeeded/);
    expect(await wrong(["runs", "retry", id, "-p", "failed=-1"])).to.equal(
      "3 -p failed: must be at least 0, but is -1",
    );
  });

  it("schedules create, list, edit: a whole life, and what is wrong with what was typed", async () => {
    const made = await right("schedules", "create", "noop", "--cron", "0 3 * * *", "--name", "Nightly");
    expect(made.out).to.match(/^sch_\w+$/);
    expect(made.said).to.match(/^At 03:00, every day \(UTC\); next: \d{4}-/);
    const hourly = await json("schedules", "create", "echo", "--every", "1h", "-p", "text=x");
    expect([hourly.job, hourly.params.text]).to.deep.equal(["echo", "x"]);
    const { out } = await right("schedules", "list");
    expect(out)
      .to.include(made.out)
      .and.to.match(/ noop +Nightly: At 03:00/);
    expect((await json("schedules", "list", "--job", "echo")).map(({ id }: Json) => id)).to.deep.equal([
      hourly.id,
    ]);
    expect((await right("schedules", "edit", "nightly", "--tz", "Europe/Berlin")).said).to.match(
      /is changed: At 03:00, every day \(Europe\/Berlin\); next: /,
    );
    const edited = await json("schedules", "edit", hourly.id, "-p", "text=y");
    expect([edited.revision, edited.params.text]).to.deep.equal([2, "y"]);
    expect((await right("schedules", "edit", hourly.id, "--every", "2h", "--dry-run")).out).to.match(
      /^0 fires would run/,
    );

    const create = (...args: string[]) => wrong(["schedules", "create", ...args]);
    expect(await create("noop")).to.equal("2 give exactly one of --cron, --every and --at");
    expect(await create("none", "--every", "1h")).to.match(/^4 There is no job "none"/);
    expect(await create("noop", "--cron", "soon")).to.match(/^3 --cron: it has 1 field/);
    expect(await create("noop", "--at", "soon")).to.match(/^3 --at: must be an instant/);
    expect(await create("noop", "--every", "1x")).to.match(/^3 --every: must be a duration/);
    expect(await create("noop", "--cron", "@daily", "--tz", "Mars/X")).to.match(/^3 --tz: must be the name/);
    expect(await create("noop", "--every", "1h", "--overlap", "x")).to.match(
      /^2 --overlap: must be one of skip/,
    );
    expect(await create("noop", "--every", "1h", "--pause-after-failures", "0")).to.match(
      /^2 --pause-after-failures takes a whole number from 1 to 100/,
    );
    expect(await create("echo", "--every", "1h")).to.equal("3 -p text: is required (Text)");
    const edit = (...args: string[]) => wrong(["schedules", "edit", ...args]);
    expect(await edit("nightly")).to.match(/^2 say what is to be changed/);
    expect(await edit("nightly", "--cron", "@daily", "--every", "1h")).to.match(/^2 give at most one/);
    expect(await edit("nightly", "--timeout", "1x")).to.match(/^3 --timeout: must be a duration/);
    expect(await edit("sch_none", "--cron", "@daily")).to.equal('4 There is no schedule "sch_none".');
    expect(await wrong(["schedules", "list", "--job", "none"])).to.match(/^4 --job: There is no job "none"/);
  });

  it("schedules pause, resume: one, a job, a source, or everything; two of them contradict each other", async () => {
    const { said } = await right("schedules", "pause", "nightly", "--until", "2h", "--reason", "move");
    expect(said).to.match(/^sch_\w+ is paused until \d{4}-/);
    expect((await right("schedules", "resume", "nightly", "--dry-run")).out).to.match(/^0 fires would run/);
    expect((await right("schedules", "resume", "nightly")).said).to.match(/ is resumed$/);
    expect((await json("schedules", "pause", "--job", "noop")).paused.until).to.equal(null);
    expect((await right("schedules", "list")).out).to.match(/Nightly.* paused$/m);
    await json("schedules", "resume", "--job", "noop");
    await right("schedules", "pause", "--source", "default");
    expect((await right("sources")).out).to.match(/^default .* until resumed$/m);
    await right("schedules", "resume", "--source", "default");
    expect((await right("schedules", "pause", "--all")).said).to.equal(
      "everything is paused until it is resumed",
    );
    expect((await right("schedules", "resume", "--all")).said).to.equal("everything is resumed");

    for (const verb of ["pause", "resume"]) {
      const scoped = (...args: string[]) => wrong(["schedules", verb, ...args]);
      expect(await scoped()).to.equal("2 say what: a schedule, or one of --job, --source and --all");
      expect(await scoped("--all", "--job", "noop")).to.equal(
        "2 --job and --all are given, and each means something else: leave all but one out",
      );
      expect(await scoped("nightly", "--source", "default")).to.match(/^2 a schedule and --source are given/);
      expect(await scoped("none")).to.match(/^4 There is no schedule "none"\. npx jobmount schedules list/);
      expect(await scoped("--job", "none")).to.equal(
        '4 There is no job "none". npx jobmount jobs lists all.',
      );
      expect(await scoped("--source", "none")).to.equal(
        '4 There is no source "none". npx jobmount sources lists all.',
      );
    }
    expect(await wrong(["schedules", "pause", "nightly", "--until", "soon"])).to.match(/^3 --until: must be/);
  });

  it("schedules skip-next, enable, disable, copy, delete", async () => {
    expect((await right("schedules", "skip-next", "nightly")).said).to.match(/^skipped: \d{4}-.*; next: /);
    expect((await json("schedules", "skip-next", "nightly", "--count", "0")).skipNext).to.deep.equal([]);
    expect(await wrong(["schedules", "skip-next", "nightly", "--count", "99"])).to.match(
      /^2 --count takes a whole number from 0 to 50/,
    );
    expect((await right("schedules", "disable", "nightly")).said).to.match(/ is disabled; it does not fire/);
    expect((await right("schedules", "list")).out).to.match(/Nightly.* disabled$/m);
    expect((await right("jobs")).out).to.match(/^noop +ready +\w{7} +0, 1 disabled +-$/m);
    expect((await json("schedules", "enable", "nightly")).enabled).to.equal(true);
    expect((await json("schedules", "disable", "nightly", "--dry-run")).runs).to.equal(0);
    expect((await right("schedules", "enable", "nightly")).said).to.match(/ is enabled; next: /);
    const copied = await right("schedules", "copy", "nightly", "--name", "Copied");
    expect(copied.said).to.equal(
      `At 03:00, every day (Europe/Berlin); paused: npx jobmount schedules resume ${copied.out}`,
    );
    const other = await json("schedules", "copy", "nightly", "--name", "Other", "--every", "1h");
    expect(other.paused).not.to.equal(null);
    expect(await wrong(["schedules", "copy", "nightly", "--job", "echo"])).to.equal(
      "3 -p text: is required (Text)",
    );
    expect((await right("schedules", "delete", "copied")).said).to.match(
      /^sch_\w+ is deleted; its runs stay/,
    );
    await right("schedules", "delete", other.id);
    for (const verb of ["enable", "disable", "delete"])
      expect(await wrong(["schedules", verb, "copied"]), verb).to.match(/^4 There is no schedule "copied"/);
  });

  it("schedules backfill, cancel-backfill: runs of a past range, and their end", async () => {
    const slow = (await right("schedules", "create", "slow", "--cron", "@hourly", "-p", "ms=600000")).out;
    const range = ["--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T01:30:00Z"];
    expect((await right("schedules", "backfill", slow, ...range, "--dry-run")).said).to.match(
      /^2 instants would run, from 2026-01-01T/,
    );
    const { out: batch, said } = await right("schedules", "backfill", slow, ...range);
    expect(said).to.include(`npx jobmount runs list --batch ${batch}`);
    expect((await right("runs", "list", "--batch", batch)).out.match(/ backfill /g)).to.have.length(2);
    expect(await json("runs", "list", "--schedule", "slow")).to.have.length(2);
    expect(await wrong(["runs", "list", "--schedule", "none"])).to.match(/^4 There is no schedule "none"/);
    expect((await right("schedules", "cancel-backfill", batch)).said).to.match(/ of 2$/);
    const made = await json("schedules", "backfill", slow, ...range, "--only", "all");
    expect((await json("schedules", "cancel-backfill", made.batch)).runs).to.equal(2);
    const backfill = (...args: string[]) => wrong(["schedules", "backfill", slow, ...args]);
    expect(await backfill()).to.match(/^2 .*required option '--from <time>' not specified/);
    expect(await backfill("--from", "long ago")).to.match(/^3 --from: must be an instant/);
    expect(await backfill(...range, "--only", "some")).to.match(/^2 --only: must be one of not_run/);
    expect(await backfill(...range, "--max", "9999")).to.match(
      /^2 --max takes a whole number from 1 to 1000/,
    );
    expect(await backfill(...range, "--only", "all", "--max", "1")).to.match(/^3 --max: /);
    expect(await wrong(["schedules", "cancel-backfill", "bat_none"])).to.equal(
      '4 There is no batch "bat_none".',
    );
    await right("schedules", "delete", slow);
  });

  it("explain, preview: at a time, and in words", async () => {
    for (const verb of [["explain"], ["schedules", "explain"]]) {
      expect((await right(...verb, "nightly", "2020-01-01T02:00:00Z")).out).to.match(
        /^"Nightly" .* of the job noop, at 2020-01-01.*\nIt did not exist yet/,
      );
      expect((await json(...verb, "nightly")).lines).to.have.length(3);
      expect(await wrong([...verb, "nightly", "soon"])).to.match(/^3 time: must be an instant/);
      expect(await wrong([...verb, "none"])).to.match(/^4 There is no schedule "none"/);
    }
    for (const verb of [["preview"], ["schedules", "preview"]]) {
      const { said, out } = await right(...verb, "0 2 * * *", "--job", "noop", "--count", "2");
      expect(said).to.match(/^At 02:00, every day \(UTC\)\n/);
      expect(out.split("\n")).to.have.length(2);
      expect((await json(...verb, "0 2 * * *", "--job", "noop")).nextFires).to.have.length(5);
      expect(await wrong([...verb, "soon", "--job", "noop"])).to.match(/^3 cron: it has 1 field/);
      expect(await wrong([...verb, "soon"])).to.match(/^3 cron: it has 1 field/);
      expect(await wrong([...verb, "@daily", "--tz", "Mars/X"])).to.match(/^3 --tz: must be the name/);
      expect(await wrong([...verb, "@daily", "--job", "none"])).to.match(/^4 --job: There is no job "none"/);
      expect(await wrong([...verb, "@daily", "--count", "0"])).to.match(/^2 .*--count/);
    }
  });

  it("token create, list, revoke, links, withdraw: tokens and links come and go", async () => {
    const made = await right("token", "create", "--name", "ci", "--role", "operator", "--source", "default");
    expect(made.out).to.match(/^jbm_\w+/);
    const id = /^tok_\w+/.exec(made.said)![0];
    expect((await right("token", "list")).out).to.match(
      new RegExp(`^${id} +ci +operator +default +no end `, "m"),
    );
    const ends = await json("token", "create", "--expires", "90d");
    expect(ends).to.include({ role: "viewer" });
    expect(Date.parse(ends.expiresAt)).to.be.greaterThan(Date.now());
    expect((await right("token", "revoke", id)).said).to.equal(`${id} is revoked`);
    expect((await json("token", "list")).map((one: Json) => one.id))
      .to.include(ends.id)
      .and.not.to.include(id);
    const astray = await right("token", "create", "--source", "defualt");
    expect(astray.said).to.match(/\nnote: There is no source "defualt"\. Did you mean "default"\? .*$/);
    const link = await right("token", "create", "--link", "--name", "for Ada");
    expect(link.out).to.match(/^http:.*\/sign-in\?code=/);
    const [open] = (await json("token", "links")).filter(({ name }: Json) => name === "for Ada");
    expect((await right("token", "links")).out).to.include(open.id);
    expect((await right("token", "withdraw", open.id)).said).to.equal(`${open.id} is taken back`);

    expect(await wrong(["token", "create", "--role", "boss"])).to.match(/^2 .*Allowed choices are viewer/);
    expect(await wrong(["token", "create", "--expires", "soon"])).to.match(/^2 .*--expires/);
    expect(await wrong(["token", "create", "--link", "--expires", "1d"])).to.match(
      /^2 --expires is of a token/,
    );
    expect(await wrong(["token", "create", "--name", "x".repeat(101)])).to.match(/^3 --name: must/);
    expect(await wrong(["token", "revoke", id])).to.equal(`4 There is no token "${id}".`);
    expect(await wrong(["token", "withdraw", open.id])).to.match(/^4 There is no sign-in link /);
  });

  it("versions: list, source, diff, pin, unpin", async () => {
    expect((await right("versions", "list", "noop")).out).to.match(/^VERSION .*\n\w{10} .* serves /);
    const [{ hash }] = await json("versions", "list", "noop");
    expect((await right("versions", "source", "noop")).out).to.match(/^==> noop\/job\.ts \(code, /);
    expect((await json("versions", "source", "noop", hash.slice(0, 7))).hash).to.equal(hash);
    const code = await right("versions", "source", "noop", "--file", "noop/job.ts");
    expect(code.out).to.equal(readFileSync(join(service.tasks, "noop/job.ts"), "utf8").trimEnd());
    const none = await wrong(["versions", "source", "noop", "--file", "job.ts"]);
    expect(none).to.equal('4 "job.ts" is not a file of this version; it has noop/job.ts.');
    expect((await right("versions", "diff", "noop", hash, hash)).said).to.equal("Their files are the same.");
    expect((await json("versions", "diff", "noop", hash, hash)).params).to.deep.equal([]);
    expect((await right("versions", "pin", "noop")).said).to.match(/^noop is pinned to \w{10}/);
    expect((await json("versions", "pin", "noop", hash)).pinned).to.equal(true);
    expect((await right("versions", "unpin", "noop")).said).to.match(/^noop serves what its folder holds/);
    expect((await json("versions", "unpin", "noop")).pinned).to.equal(false);
    expect((await right("versions", "list", "broken")).said).to.match(/^broken has no version yet/);

    expect(await wrong(["versions", "list", "noop", "--limit", "900"])).to.match(/^2 --limit: must be/);
    expect(await wrong(["versions", "source", "noop", "0000000"])).to.match(
      /^4 The job "noop" has no version/,
    );
    expect(await wrong(["versions", "source", "broken"])).to.match(/^4 broken has no version that serves/);
    expect(await wrong(["versions", "diff", "noop"])).to.match(
      /^4 noop has no version that was loaded before/,
    );
    expect(await wrong(["versions", "pin", "noop", "abc"])).to.match(/^3 version: must be the hash/);
    expect(await wrong(["versions", "unpin", "none"])).to.match(/^4 There is no job "none"/);
  });

  it("versions source --file: a large file comes whole, and of one that is no text it says how it lies", async () => {
    mkdirSync(join(service.tasks, "files"));
    writeFileSync(join(service.tasks, "files/large.json"), `"${"x".repeat(300 * 1024)}"`);
    writeFileSync(join(service.tasks, "files/picture.bin"), Buffer.from([1, 0, 2]));
    writeFileSync(
      join(service.tasks, "files/job.ts"),
      'import { defineJob } from "jobmount";\n' +
        'export class Job extends defineJob({ name: "Files", files: ["*.json", "*.bin"] }) { execute() {} }\n',
    );
    await eventually(async () => (await service.get("/jobs/files")).json.loadState === "ready", 60_000);
    const file = (name: string) => ["versions", "source", "files", "--file", `files/${name}`];
    expect((await right(...file("large.json"))).out).to.equal(`"${"x".repeat(300 * 1024)}"`);
    expect(await wrong(file("picture.bin"))).to.match(
      /^4 "files\/picture\.bin" is no text: 3 bytes with the hash [0-9a-f]{64}\. It lies in the folder of the job/,
    );
  });

  it("sign-in, secrets, backup, doctor, config: of the service and what it stands on", async () => {
    const link = await right("sign-in");
    expect(link.out).to.match(new RegExp(`^${service.url}/sign-in\\?code=\\w`));
    expect(await json("sign-in")).to.have.all.keys("id", "url", "expiresAt", "warnings");
    expect((await right("secrets", "status")).out).to.match(/^key \w{8} \(the newest\) +\d+ values?$/);
    expect(await json("secrets", "rotate")).to.include({ resealed: 0 });
    expect(await json("secrets", "status")).to.have.property("key");
    expect((await right("secrets", "rotate")).said).to.match(/0 values encrypted anew/);
    expect((await right("backup", "copy.db")).said).to.match(/^copy\.db: \d+/);
    expect((await json("backup", "other.db")).file).to.equal(join(service.folder, "other.db"));
    expect(existsSync(join(service.folder, "copy.db"))).to.equal(true);
    expect(await wrong(["backup", "copy.db"])).to.match(/^4 .*copy\.db is there already/);
    expect((await right("doctor", "--ready")).said).to.equal("ready");
    expect((await json("doctor", "--ready")).ready).to.equal(true);
    expect((await right("config", "check")).said).to.equal("The settings are right.");
    expect((await right("config", "print")).out).to.match(/^PORT +3000 +default$/m);
    expect((await json("config", "print")).map(({ name }: Json) => name)).to.include("PORT");
    const env = { PORT: "http" };
    for (const verb of ["check", "print"])
      expect(await wrong(["config", verb], { cwd: away, env })).to.match(
        /^78 one setting is wrong:\n {2}PORT/,
      );
  });

  it("a viewer is refused what needs more, with 4, the role and the name of the token", async () => {
    const refused: [string, string[]][] = [
      ["operator", ["trigger", "noop"]],
      ["editor", ["jobs", "edit", "noop", "--timeout", "5m"]],
      ["editor", ["jobs", "disable", "noop"]],
      ["operator", ["runs", "cancel", "run_none"]],
      ["operator", ["runs", "retry", "run_none"]],
      ["editor", ["schedules", "create", "noop", "--every", "1h"]],
      ["editor", ["schedules", "edit", "nightly", "--every", "1h"]],
      ["editor", ["schedules", "delete", "nightly"]],
      ["operator", ["schedules", "pause", "nightly"]],
      ["operator", ["schedules", "resume", "--all"]],
      ["operator", ["schedules", "skip-next", "nightly"]],
      ["editor", ["schedules", "copy", "nightly"]],
      ["operator", ["schedules", "cancel-backfill", "bat_none"]],
      ["admin", ["token", "create"]],
      ["admin", ["token", "list"]],
      ["admin", ["token", "links"]],
      ["admin", ["token", "revoke", "tok_none"]],
      ["admin", ["token", "withdraw", "lnk_none"]],
      ["editor", ["versions", "pin", "noop"]],
      ["editor", ["versions", "unpin", "noop"]],
      ["admin", ["secrets", "status"]],
      ["admin", ["secrets", "rotate"]],
    ];
    for (const [role, args] of refused)
      expect(await wrong(args, viewer), args.join(" ")).to.equal(
        `4 This needs the role ${role}; the token "looks" has viewer.`,
      );
    expect(await wrong(["sign-in"], viewer)).to.match(
      /^78 A sign-in link is made on the service's own machine, .*: unset JOBMOUNT_URL$/m,
    );
    for (const args of [["jobs"], ["errors"], ["sources"], ["runs", "list"], ["schedules", "list"]])
      expect((await ask(args, viewer)).code, args.join(" ")).to.equal(0);
    const unknown = { cwd: away, env: { ...viewer.env, JOBMOUNT_TOKEN: "jbm_nobody" } };
    expect(await wrong(["jobs"], unknown)).to.match(/^4 The service at .* does not know this JOBMOUNT_TOKEN/);
  });

  it("a token limited to a source is told how to pause that", async () => {
    const { out } = await right("token", "create", "--role", "operator", "--source", "default");
    const limited = { cwd: away, env: { JOBMOUNT_URL: service.url, JOBMOUNT_TOKEN: out } };
    expect(await wrong(["schedules", "pause", "--all"], limited)).to.match(
      /^4 .* is limited to default\. Pause these: --source <name>\.$/,
    );
  });

  it("each verb that is nothing without a service ends with 5 where none answers, and says what to do", async () => {
    for (const words of await leaves()) {
      if (LOCAL.test(words) || WITHOUT.test(words)) continue;
      const args = [...words.split(" "), ...(NEEDED[words] ?? [])];
      expect(await wrong(args, { cwd: away }), words).to.match(
        /^5 No service answers on .*jobmount\.sock\. Start one \(npx jobmount start\), or set JOBMOUNT_URL/,
      );
    }
    const env = { JOBMOUNT_URL: "http://127.0.0.1:9", JOBMOUNT_TOKEN: "jbm_sometoken" };
    for (const args of [["jobs"], ["errors"], ["token", "list"], ["doctor", "--ready"]])
      expect(await wrong(args, { cwd: away, env }), args.join(" ")).to.match(
        /^5 The service at http:\/\/127\.0\.0\.1:9 cannot be reached/,
      );
  });

  it("no verb of a service was left out: each was right once and wrong once, and JSON where it offers that", async () => {
    const of = (words: string) =>
      told.filter(({ args }) => words === args.slice(0, words.split(" ").length).join(" "));
    const program = await everything();
    for (const words of await leaves()) {
      if (LOCAL.test(words)) continue;
      const right = of(words).filter(({ code }) => code === 0);
      expect(right, `${words}: never right`).not.to.have.length(0);
      expect(of(words).length, `${words}: never wrong`).to.be.greaterThan(right.length);
      if (!commandOf(program, words).options.some(({ long }) => long === "--json")) continue;
      expect(
        right.some(({ args }) => args.includes("--json")),
        `${words} --json`,
      ).to.equal(true);
    }
  });
});

/** Verbs that ask no service, which have tests of their own. */
const LOCAL = /^(start|dev|new|run|test|types|deps|validate|migrate|export|import)\b|^config docs$/;
/** Those that do something by themselves where no service runs. */
const WITHOUT = /^(token|sign-in|secrets|backup|config|preview|schedules preview)\b|^doctor$/;
/** Arguments without which a verb does not get as far as asking. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  trigger: ["noop"],
  "jobs show": ["x"],
  "jobs edit": ["x", "--timeout", "5m"],
  "jobs enable": ["x"],
  "jobs disable": ["x"],
  explain: ["x"],
  "runs show": ["x"],
  "runs logs": ["x"],
  "runs records": ["x"],
  "runs cancel": ["x"],
  "runs retry": ["x"],
  "schedules create": ["noop", "--every", "1h"],
  "schedules edit": ["x", "--every", "1h"],
  "schedules enable": ["x"],
  "schedules disable": ["x"],
  "schedules delete": ["x"],
  "schedules pause": ["x"],
  "schedules resume": ["x"],
  "schedules skip-next": ["x"],
  "schedules copy": ["x"],
  "schedules backfill": ["x", "--from", "2h ago"],
  "schedules cancel-backfill": ["x"],
  "schedules explain": ["x"],
  "versions list": ["x"],
  "versions source": ["x"],
  "versions diff": ["x"],
  "versions pin": ["x"],
  "versions unpin": ["x"],
};

function everything(): Promise<Command> {
  const { terminal } = captured();
  const signal = new AbortController().signal;
  return programWith({ env: {}, cwd: ".", terminal, signal, exit: () => undefined }, () => true);
}

/** Every verb that does something: `jobs`, `runs list`. */
async function leaves(): Promise<string[]> {
  const program = await everything();
  return program.commands.flatMap((verb) =>
    verb.commands.length === 0 ? [verb.name()] : verb.commands.map((one) => `${verb.name()} ${one.name()}`),
  );
}

function commandOf(program: Command, words: string): Command {
  return words
    .split(" ")
    .reduce((command, word) => command.commands.find((one) => one.name() === word)!, program);
}
