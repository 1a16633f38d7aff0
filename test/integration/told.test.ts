// What a run tells, over REST and the command line: its log, whole and live, and the records that it refused.
import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type LogEvent, readEvents } from "../support/event-stream.ts";
import { percentile } from "../support/median.ts";
import { type Json, ROOT, Service } from "../support/service.ts";

const run = promisify(execFile);
const KEPT = 10_000;
const CONTROL = "a\u001b[31mred\u001b[0m \u0007\u0000 tab\there \u009b \u202e ü🛰";
const TICKS = 30;

const JOBS: Record<string, string> = {
  mixes: `export class Job extends defineJob({ name: "Mixes", retries: { attempts: 2, backoff: "10ms" } }) {
  execute() {
    for (let i = 0; i < 3; i++) {
      this.log.debug("log " + i, { i });
      console.log("out " + i);
      console.error("err " + i);
      process.stdout.write("half ");
      this.log.warn("between " + i);
      process.stdout.write("whole " + i + "\\n");
    }
    this.log.info(${JSON.stringify(CONTROL)});
    if (this.run.attempt === 1) throw new Error("again");
  }
}`,
  warns_early: `export class Job extends defineJob({ name: "Warns early" }) {
  execute() {
    this.log.warn("look out");
    for (let i = 0; i < 5; i++) this.log.info("nothing " + i);
  }
}`,
  ticks: `export class Job extends defineJob({ name: "Ticks" }) {
  async execute() {
    for (let i = 0; i < ${TICKS}; i++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      this.log.info("tick " + i);
    }
  }
}`,
  talks_late: `import { spawn } from "node:child_process";
export class Job extends defineJob({ name: "Talks late" }) {
  execute() {
    console.log("now " + this.run.id);
    spawn("sh", ["-c", "for i in 1 2 3 4 5; do sleep 0.02; echo late " + this.run.id + "; done"], { stdio: "inherit", detached: true }).unref();
    setTimeout(() => console.log("late " + this.run.id), 1);
    void Promise.resolve().then(() => setImmediate(() => this.log.info("late " + this.run.id)));
  }
}`,
  floods: `export class Job extends defineJob({ name: "Floods" }) {
  execute() {
    for (let i = 0; i < 5000; i++) this.log.info("line " + i + " " + "x".repeat(100));
  }
}`,
  refuses: `export class Job extends defineJob({ name: "Refuses" }) {
  execute() {
    const only = this.run.onlyRecords;
    if (only) {
      this.records.success(only.length);
      return { first: only[0], last: only.at(-1), many: only.length };
    }
    for (let i = 1; i <= ${KEPT + 50}; i++) this.records.failed("row-" + i, "no price in row " + i);
    this.records.success();
  }
}`,
};

onEveryDatabase("what a run tells", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(60_000);
    service = await Service.start({
      jobs: [],
      database: await databases.freshUrl(),
      env: { JOBMOUNT_LOG_MAX: "64KiB" },
    });
    for (const [key, text] of Object.entries(JOBS)) {
      mkdirSync(join(service.tasks, key), { recursive: true });
      writeFileSync(join(service.tasks, key, "job.ts"), `import { defineJob } from "jobmount";\n${text}\n`);
    }
    const count = Object.keys(JOBS).length;
    await eventually(async () => {
      const { data } = (await service.get("/jobs")).json;
      return data.filter((job: Json) => job["loadState"] === "ready").length === count;
    }, 30_000);
  });
  after(() => service.stop());

  const linesOf = async (id: unknown): Promise<Json[]> =>
    (await service.get(`/runs/${String(id)}/logs?limit=5000`)).json.data;

  it("L1: stdout, stderr and the log are one stream in their order, each line with level, time and attempt", async function () {
    this.timeout(60_000);
    const ended = await service.run("mixes");
    const lines = await linesOf(ended["id"]);
    const once = [0, 1, 2].flatMap((i) => [
      ["log", "debug", `log ${i}`],
      ["stdout", "info", `out ${i}`],
      ["stderr", "error", `err ${i}`],
      ["log", "warn", `between ${i}`],
      ["stdout", "info", `half whole ${i}`],
    ]);
    once.push(["log", "info", CONTROL]);
    expect(lines.map((line) => [line["stream"], line["level"], line["text"]])).to.deep.equal([
      ...once,
      ...once,
    ]);
    expect(lines.map((line) => line["seq"])).to.deep.equal(lines.map((_, i) => i + 1));
    expect(lines.map((line) => line["attempt"])).to.deep.equal(
      lines.map((_, i) => (i < once.length ? 1 : 2)),
    );
    const times = lines.map((line) => Date.parse(line["time"]));
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
    expect(lines[0]["fields"]).to.deep.equal({ i: 0 });
  });

  it("L1: control characters are stored as they are, and shown so that no terminal obeys them", async function () {
    this.timeout(60_000);
    const { id } = await service.run("mixes");
    expect((await linesOf(id)).map((line) => line["text"])).to.include(CONTROL);
    const { text } = await service.call("GET", `/runs/${id}/logs?q=red`, undefined, { accept: "text/plain" });
    expect(text).to.include("a\\u001b[31mred\\u001b[0m \\u0007\\u0000 tab\there \\u009b");

    expect(text).not.to.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  /** How long the service takes, in ms, for a commit with next to nothing in it. */
  async function waitsDuring(work: () => Promise<void>): Promise<number[]> {
    const waits: number[] = [];
    let over = false;
    const working = work().finally(() => (over = true));
    while (!over) {
      const from = performance.now();
      const { status, text } = await service.call("POST", "/tokens", { name: "turn", role: "viewer" });
      expect(status, text).to.equal(201);
      waits.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await working;
    return waits;
  }

  it("a log is live: each line is there within 100 ms, and who comes again goes on where he was", async function () {
    this.timeout(60_000);
    const { json } = await service.call("POST", "/jobs/ticks/runs", {});
    const path = `/api/v1/runs/${json["id"]}/logs/stream`;
    const first: LogEvent[] = [];
    const rest: LogEvent[] = [];
    const waits = await waitsDuring(async () => {
      for await (const event of readEvents(service, path)) if (first.push(event) === 10) break;
      for await (const event of readEvents(service, path, first.at(-1)!.id)) rest.push(event);
    });
    const end = rest.pop()!;
    expect(end.event).to.equal("end");
    expect(end.data).to.include({ state: "succeeded", reason: null });
    const lines = [...first, ...rest];
    expect(lines.map(({ data }) => data["text"])).to.deep.equal(
      Array.from({ length: TICKS }, (_, i) => `tick ${i}`),
    );
    expect(lines.map(({ id }) => id)).to.deep.equal(lines.map((_, i) => `1-${i + 1}`));
    expect(lines.map(({ data }) => data)).to.deep.equal(await linesOf(json["id"]));
    const late = lines.map(({ at, data }) => at - Date.parse(data["time"]));
    // Nine of ten. A line is told by way of a commit: where others keep the machine or its disk busy, what a commit of next
    // to nothing took meanwhile is theirs.
    const turn = percentile(waits, 0.9);
    expect(percentile(late, 0.9) - turn, `${late.join(" ")}, without ${turn}`).to.be.lessThan(100);
    const again = await service.call("GET", path.replace("/api/v1", ""), undefined, {
      "last-event-id": `1-${TICKS}`,
    });
    expect(again.status, "a browser stops asking").to.equal(204);
  });

  it("a browser that follows some levels alone stops asking too, though the last lines were none of them", async function () {
    this.timeout(60_000);
    const { id } = await service.run("warns_early");
    const path = `/api/v1/runs/${String(id)}/logs/stream?level=warn`;
    const events: LogEvent[] = [];
    for await (const event of readEvents(service, path)) events.push(event);
    const last = events.filter(({ event }) => event === "message").at(-1)!;
    expect(last.data["text"]).to.equal("look out");
    const again = await service.call("GET", path.replace("/api/v1", ""), undefined, {
      "last-event-id": last.id,
    });
    expect(again.status).to.equal(204);
    const late: LogEvent[] = [];
    for await (const event of readEvents(service, path, "1-0")) late.push(event);
    expect(late[0]!.data["text"], "one that has not seen it").to.equal("look out");
  });

  it("X11: what a run still says when it has ended is in no other's log", async function () {
    this.timeout(60_000);
    const ids = [];
    for (let i = 0; i < 12; i++) ids.push(String((await service.run("talks_late"))["id"]));
    for (const id of ids) {
      const texts = (await linesOf(id)).map((line) => String(line["text"]));
      expect(texts[0]).to.equal(`now ${id}`);
      expect(texts.filter((text) => !text.endsWith(id))).to.deep.equal([]);
    }
  });

  it("L1: a log over its cap ends with a mark that tells how much is missing", async function () {
    this.timeout(60_000);
    const ended = await service.run("floods");
    const lines = await linesOf(ended["id"]);
    const mark =
      /^\[jobmount\] (\d+) lines \((\d+) bytes\) were dropped here: a run keeps 65536 bytes of log, its text and 64 bytes a line$/;
    const [, dropped, bytes] = mark.exec(String(lines.at(-1)["text"])) ?? [];
    expect(Number(dropped) + lines.length - 1).to.equal(5_000);
    expect(ended.log).to.deep.equal({
      lines: lines.length,
      bytes: ended.log["bytes"],
      droppedBytes: Number(bytes),
      removedAt: null,
    });
    // One more would not have fitted.
    const kept = ended.log["bytes"] + 64 * (lines.length - 1);
    expect(kept).to.be.within(65_536 - 64 - String(lines.at(-2)["text"]).length - 1, 65_536);
    expect(lines.slice(0, -1).map((line) => String(line["text"]).split(" x")[0])).to.deep.equal(
      lines.slice(0, -1).map((_, i) => `line ${i}`),
    );
  });

  it("refused records are kept up to a cap with the count of the rest, listed by pages, and done again alone", async function () {
    this.timeout(60_000);
    const ended = await service.run("refuses");
    expect(ended).to.include({ state: "succeeded", cause: `succeeded, ${KEPT + 50} records failed` });
    expect(ended["records"]).to.deep.equal({
      processed: KEPT + 51,
      success: 1,
      failed: KEPT + 50,
      skipped: 0,
    });
    const keys: string[] = [];
    for (let after: string | null = "0", pages = 0; after !== null; pages++) {
      expect(pages).to.be.lessThan(4);
      const { json } = await service.get(`/runs/${ended["id"]}/failed-records?limit=4000&after=${after}`);
      keys.push(...json.data.map((one: Json) => one["key"]));
      expect(json.records).to.deep.equal({ failed: KEPT + 50, kept: KEPT, notKept: 50 });
      expect(json.data[0]["reason"]).to.equal(`no price in row ${keys.length - json.data.length + 1}`);
      after = json.page["next"];
    }
    expect(keys).to.deep.equal(Array.from({ length: KEPT }, (_, i) => `row-${i + 1}`));
    const { stdout, stderr } = await run(
      process.execPath,
      [
        join(ROOT, "bin", "jobmount.mjs"),
        "runs",
        "retry",
        String(ended["id"]),
        "--only-failed",
        "--wait",
        "--json",
      ],
      {
        cwd: service.folder,
        env: { PATH: process.env["PATH"], JOBMOUNT_URL: service.url, JOBMOUNT_TOKEN: service.token },
      },
    );
    const again = JSON.parse(stdout) as Json;
    expect(again["onlyRecords"]).to.deep.equal({ of: ended["id"], records: KEPT, left: 50 });
    expect(again["result"]).to.deep.equal({ first: "row-1", last: `row-${KEPT}`, many: KEPT });
    expect(again["retryOf"]).to.equal(ended["id"]);
    expect(stderr).to.include("50 are not");
  });
});
