import { expect } from "chai";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { jobmount, startJobmount, tempFolder } from "./jobmount.ts";

describe("jobmount run", () => {
  const cwd = tempFolder();
  const dir = join(cwd, "external_tasks");

  function job(key: string, code: string, files: Record<string, string> = {}): void {
    mkdirSync(join(dir, key), { recursive: true });
    writeFileSync(
      join(dir, key, "job.ts"),
      `import { defineJob, PermanentError, RetryLater } from "jobmount";\n${code}`,
    );
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, key, name), text);
  }

  job(
    "billing/sync",
    `import { readFileSync } from "node:fs";
     export class Job extends defineJob({
       name: "Sync", files: ["*.txt"], env: ["DATA_DATABASE_URL", "GREETING"],
       requiredParams: { token: { type: "password" } },
       optionalParams: { size: { type: "integer", default: 2, min: 1 } },
     }) {
       async execute() {
         console.log("token has " + this.params.token.length + " letters");
         this.log.warn("careful", { size: this.params.size });
         for (let i = 0; i < this.params.size; i++) this.records.success();
         this.records.failed("row 7", "no such country");
         const runs = Number(this.state.get("runs") ?? 0) + 1;
         this.state.set("runs", runs);
         return {
           runs, greeting: process.env.GREETING, hidden: process.env.HIDDEN ?? null,
           url: process.env.DATA_DATABASE_URL, note: readFileSync(this.file("note.txt"), "utf8"),
         };
       }
     }`,
    { "note.txt": "from the task directory" },
  );
  job(
    "ends",
    `export class Job extends defineJob({
       name: "Ends", timeout: "300ms", retries: { attempts: 3, backoff: "1h" },
       requiredParams: { how: { type: "select", options: ["throw", "plain", "later", "exit", "hang", "obey", "refuse"] } },
     }) {
       async execute() {
         if (this.params.how === "throw") throw new PermanentError("no such bucket");
         if (this.params.how === "plain") throw new Error("no answer");
         if (this.params.how === "later") throw new RetryLater("2m", "not yet");
         if (this.params.how === "exit") process.exit(0);
         if (this.params.how === "refuse") { this.records.failed("a"); return; }
         console.log("waiting");
         if (this.params.how === "hang") await new Promise((resolve) => setTimeout(resolve, 60000));
       }
     }`,
  );
  job(
    "told_late",
    `export class Job extends defineJob({ name: "Told late" }) {
       async execute() {
         this.log.info("only once");
         this.records.failed("k1", "bad");
         await new Promise((resolve) => setTimeout(resolve, 50));
         this.records.success();
       }
     }`,
  );
  job(
    "waits",
    `export class Job extends defineJob({ name: "Waits" }) {
       async execute() {
         const alive = setInterval(() => undefined, 1000);
         console.log("waiting");
         await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
         clearInterval(alive);
         console.log("told to stop");
       }
     }`,
  );
  job(
    "sees",
    `export class Job extends defineJob({ name: "Sees" }) {
       execute() { return { env: Object.keys(process.env).sort().map((name) => name + "=" + process.env[name]) }; }
     }`,
  );
  job(
    "once",
    `export class Job extends defineJob({ name: "Once" }) { execute() { throw new RetryLater("2m"); } }`,
  );
  job(
    "broken",
    "export class Job extends defineJob({ name: 'Broken' }) {\n  async execute() { this is wrong }\n}",
  );

  const run = (args: string[], env: Record<string, string> = {}) => jobmount(["run", ...args], { cwd, env });

  it("runs a job through the same build and sandbox, with live text on stderr and its result on stdout", async () => {
    const env = { GREETING: "hello", HIDDEN: "never", JOBMOUNT_TOKEN: "jbm_hidden12" };
    const { code, stdout, stderr } = await run(["billing/sync", "-p", "token=abc", "-p", "size=3"], env);
    expect(stderr).to.match(/^\d\d:\d\d:\d\d info {2}token has 3 letters$/m);
    expect(stderr).to.match(/warn {2}careful size=3$/m);
    expect(stderr).to.include("record row 7 failed: no such country\n");
    expect(stderr).to.match(/^succeeded, 1 record failed in \d+ms: 4 processed, 3 success, 1 failed$/m);
    expect(JSON.parse(stdout)).to.deep.equal({
      runs: 1,
      greeting: "hello",
      hidden: null,
      url: `sqlite:${join(cwd, "data/data.db")}`,
      note: "from the task directory",
    });
    expect(code).to.equal(0);
  });

  it("keeps the job's durable values for the next run, and prints the whole outcome with --json", async () => {
    const again = await jobmount(["run", "billing.sync", "--params", "-", "--json"], {
      cwd,
      stdin: '{"token": "abcd"}',
    });
    const outcome = JSON.parse(again.stdout) as Record<string, unknown>;
    expect(outcome).to.deep.include({
      job: "billing/sync",
      source: "default",
      state: "succeeded",
      records: { processed: 3, success: 2, failed: 1, skipped: 0 },
    });
    expect((outcome["result"] as { runs: number }).runs).to.equal(2);
    const kept = join(cwd, ".jobmount/state/default/billing.sync.json");
    expect(JSON.parse(readFileSync(kept, "utf8"))).to.deep.equal({ runs: 2 });
  });

  it("shows each line once, however shortly before the end it came", async () => {
    for (let i = 0; i < 3; i++) {
      const { stderr } = await run(["told_late"]);
      expect(stderr.match(/only once/g), stderr).to.have.length(1);
      expect(stderr.match(/k1 failed/g), stderr).to.have.length(1);
    }
  });

  it("ends with 1 when the job failed, and says where it threw", async () => {
    const { code, stderr } = await run(["ends", "-p", "how=throw"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("failed (error) in").and.to.include("no such bucket (ends/job.ts:");
  });

  it("says what the service would do after each kind of failure", async () => {
    const says = async (...args: string[]) => (await run(args)).stderr.trim().split("\n").at(-1);
    expect(await says("ends", "-p", "how=plain")).to.equal(
      "The service would try again in 1h (attempt 2 of 3).",
    );
    expect(await says("ends", "-p", "how=later")).to.equal(
      "The service would try again in 2m (attempt 2 of 3).",
    );
    expect(await says("ends", "-p", "how=throw")).to.equal("The service would not try again.");
    expect(await says("once")).to.equal("The service would not try again: the job declares no retries.");
  });

  it("gives a job the variables that the service gives, and no others", async () => {
    const { stdout } = await run(["sees"], { TZ: "Europe/Berlin", LANG: "de_DE", OTHER: "x" });
    const [mark, ...shown] = (JSON.parse(stdout) as { env: string[] }).env;
    expect(mark).to.match(/^JOBMOUNT_CHILD=[0-9a-f]+-[0-9a-f]+$/);
    expect(shown.slice(0, 2)).to.deep.equal(["LANG=C.UTF-8", `PATH=${process.env["PATH"]}`]);
    expect(shown.slice(2).map((one) => one.replace(/=\/.*/, ""))).to.deep.equal(["TMPDIR", "TZ=UTC"]);
  });

  it("X4: a process that ends before execute returned is no success", async () => {
    const { code, stderr } = await run(["ends", "-p", "how=exit"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("failed (no_result)");
  });

  it("X6: a run whose records all failed has failed", async () => {
    const { code, stderr } = await run(["ends", "-p", "how=refuse"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("failed (all_records_failed)");
  });

  it("ends with 124 when the job took longer than its timeout", async () => {
    const { code, stderr } = await run(["ends", "-p", "how=hang"], { JOBMOUNT_GRACE: "100ms" });
    expect(code).to.equal(124);
    expect(stderr).to.include("waiting").and.to.include("timed out after 300ms");
  });

  it("ends with 3 when the params are not right, before anything runs", async () => {
    const { code, stdout, stderr } = await run(["billing/sync", "-p", "size=0", "-p", "sise=1"]);
    expect({ code, stdout }).to.deep.equal({ code: 3, stdout: "" });
    expect(stderr).to.include("sise: ");
    const second = await run(["billing/sync", "-p", "size=0"]);
    expect(second.stderr).to.include("size: must be at least 1").and.to.include("token: is required");
  });

  it("R1: ends with 3 when the job does not load, with its place and a code frame", async () => {
    const { code, stdout, stderr } = await run(["broken"]);
    expect({ code, stdout }).to.deep.equal({ code: 3, stdout: "" });
    expect(stderr)
      .to.match(/^ {2}syntax broken\/job\.ts:3:\d+ /m)
      .and.to.include("this is wrong");
    expect(stderr).to.include("broken does not load.");
  });

  it("names the nearest job when there is none of that name", async () => {
    const { code, stderr } = await run(["biling/sync"]);
    expect(code).to.equal(3);
    expect(stderr).to.include('There is no job "biling/sync"').and.to.include("billing/sync");
  });

  it("says that the folder is not there", async () => {
    const { code, stderr } = await run(["x", "--dir", "nowhere"]);
    expect(code).to.equal(3);
    expect(stderr).to.include(join(cwd, "nowhere")).and.to.include("does not exist");
  });

  it("X9: Ctrl-C aborts the job, keeps what it says until its end, and ends with 130", async () => {
    const started = startJobmount(["run", "waits"], { cwd });
    await eventually(() => started.stderr.includes("waiting"));
    started.child.kill("SIGINT");
    const { code, stderr } = await started.ended;
    expect(code).to.equal(130);
    expect(stderr).to.include("told to stop").and.to.include("cancelled (user)");
  });

  it("leaves no temp folder behind", async () => {
    const temp = tempFolder();
    await run(["ends", "-p", "how=obey"], { TMPDIR: temp });
    expect(readdirSync(temp).filter((name) => name.startsWith("jobmount-run-"))).to.deep.equal([]);
  });
});
