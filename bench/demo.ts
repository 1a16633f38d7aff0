// `npm run demo`: what Jobmount does, with a real service in a temp folder: live change, broken file, kill -9, and the sum.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Libsql from "libsql";
import { eventually } from "../test/support/eventually.ts";
import { type Json, Service } from "../test/support/service.ts";
import { type Line, type Row, tally } from "./demo-tally.ts";

/** It takes 25 s where nothing else runs; a laptop that does other things takes longer. */
const DEADLINE_MS = 120_000;
/** For each step. */
const PATIENCE_MS = 30_000;
const DOWN_MS = 2_000;
/** Into a run of 500 ms, so that the kill comes in its middle. */
const MIDDLE_MS = 150;

const greeting = (text: string) => `import { defineJob } from "jobmount";

export class Job extends defineJob({ name: "Greeting" }) {
  execute() {
    this.records.success(3);
    return { says: "${text}" };
  }
}
`;

/** Writes a line when its code starts and one when it ends: what really ran, whatever the rows say. */
const EVERY_SECOND = `import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "jobmount";

export class Job extends defineJob({
  name: "Every second",
  overlap: "allow_all",
  retries: { attempts: 3, backoff: "100ms" },
}) {
  async execute() {
    this.tell("start");
    await wait(500);
    this.tell("end");
  }

  private tell(what: string) {
    const words = [what, this.run.id, this.run.attempt, this.run.fireAt];
    appendFileSync(join(this.dataDir, "witness"), words.join(" ") + "\\n");
  }
}
`;

function say(title: string, text: string): void {
  console.log(`${title.padEnd(16)}  ${text}`);
}
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function save(service: Service, job: string, text: string): void {
  mkdirSync(join(service.tasks, job), { recursive: true });
  writeFileSync(join(service.tasks, job, "job.ts"), text);
}

const jobOf = async (service: Service, job: string) => (await service.get(`/jobs/${job}`)).json;

/** Runs the job again and again until it says `text`; answers that run. */
function runThatSays(service: Service, text: string): Promise<Json> {
  return eventually(async () => {
    const run = await service.run("greeting");
    return run.result?.says === text && run;
  }, PATIENCE_MS);
}

async function liveChange(service: Service): Promise<void> {
  let saved = performance.now();
  save(service, "greeting", greeting("hello"));
  await eventually(async () => (await jobOf(service, "greeting")).loadState === "ready", PATIENCE_MS);
  const loaded = performance.now() - saved;
  const run = await runThatSays(service, "hello");
  const { records } = run;
  say("saved a job", `greeting/job.ts, loaded after ${Math.round(loaded)} ms`);
  say("", `its run says "hello": ${run.state}, ${records.processed} records, ${records.success} ok`);

  saved = performance.now();
  save(service, "greeting", greeting("good morning"));
  await runThatSays(service, "good morning");
  const changed = performance.now() - saved;
  say(
    "changed it live",
    `from the save to the end of the first run that says "good morning": ${Math.round(changed)} ms`,
  );

  save(service, "greeting", greeting("good night").slice(0, -5));
  const job = await eventually(async () => {
    const seen = await jobOf(service, "greeting");
    return seen.loadState === "stale" && seen;
  }, PATIENCE_MS);
  const { file, line, column, message } = job.loadError;
  say("broke the file", `${file}:${line}:${column} ${message}`);
  const after = await service.run("greeting");
  say("", `the last good version serves on: its run says "${after.result.says}"`);
}

const witnessOf = (service: Service): Line[] => {
  const text = readFileSync(join(service.folder, "data", "files", "default", "witness"), "utf8");
  return text.split("\n").flatMap((words) => {
    const [what, run, attempt] = words.split(" ");
    if ((what !== "start" && what !== "end") || !run) return [];
    return [{ what, run, attempt: Number(attempt) }];
  });
};
const starts = (service: Service) => witnessOf(service).filter(({ what }) => what === "start");

/** Three fires on time, then the end in the middle of the next one. */
async function killInTheMiddle(service: Service): Promise<void> {
  const isQuiet = async () =>
    (await service.get("/runs?job=every-second&state=queued,running,retrying")).json.data.length === 0;
  await eventually(isQuiet, PATIENCE_MS);
  const before = starts(service).length;
  await eventually(() => starts(service).length > before + 2, PATIENCE_MS);
  await wait(MIDDLE_MS);
  const seen = starts(service).length;
  await service.kill9();
  await wait(DOWN_MS);
  const restarted = performance.now();
  await service.startAgain();
  const up = seconds(performance.now() - restarted);
  say("kill -9", `in the middle of attempt ${seen}; down for ${seconds(DOWN_MS)}, listens again after ${up}`);
}

async function everySecond(service: Service): Promise<string> {
  save(service, "every-second", EVERY_SECOND);
  await eventually(async () => (await jobOf(service, "every-second")).loadState === "ready", PATIENCE_MS);
  const body = {
    job: "every-second",
    cron: "* * * * * *",
    catchUp: { policy: "all", windowMs: 3_600_000, max: 100 },
  };
  const made = await service.call("POST", "/schedules", body);
  if (made.status !== 201) throw new Error(`POST /schedules answered ${made.status}: ${made.text}`);
  say("scheduled", `every-second: ${made.json.sentence}`);
  await eventually(() => starts(service).length > 0, PATIENCE_MS);
  await killInTheMiddle(service);
  await killInTheMiddle(service);
  await wait(DOWN_MS);
  const id = String(made.json.id);
  await service.call("PATCH", `/schedules/${id}`, { enabled: false }, { "if-match": "*" });
  await eventually(async () => {
    const open = await service.get(`/runs?schedule=${id}&state=queued,running,retrying`);
    return open.json.data.length === 0;
  }, PATIENCE_MS);
  return id;
}

/** Read from the files that the stopped service left. */
function sum(service: Service, schedule: string): boolean {
  const database = new Libsql(join(service.folder, "data", "jobmount.db"), { readonly: true });
  const life = database
    .prepare("SELECT created_at AS createdAt, fired_through AS firedThrough FROM schedules WHERE id = ?")
    .get(schedule) as { createdAt: number; firedThrough: number };
  const rows = database
    .prepare("SELECT id, state, fire_at, fire_through, attempt FROM task_runs WHERE schedule_id = ?")
    .all(schedule) as Row[];
  database.close();
  const sums = tally(life, rows, witnessOf(service));
  const { owed, succeeded, again, lost, doubled } = sums;
  say(
    "stopped",
    `${succeeded} of ${sums.rows} runs succeeded, ${again} of them in a second attempt after a kill`,
  );
  const same = owed === sums.rows ? "=" : "but";
  console.log(`\nfires owed ${owed} ${same} rows ${sums.rows}, ${lost} lost, ${doubled} doubled`);
  return owed > 0 && owed === sums.rows && lost === 0 && doubled === 0;
}

async function demo(): Promise<boolean> {
  const began = performance.now();
  const service = await Service.start({ jobs: [] });
  const abandon = async (exitCode: number) => {
    await Promise.race([service.stop(), wait(5_000)]);
    process.exit(exitCode);
  };
  process.once("SIGINT", () => void abandon(130));
  setTimeout(() => {
    console.error(`the demo took longer than ${seconds(DEADLINE_MS)}`);
    void abandon(1);
  }, DEADLINE_MS).unref();
  try {
    say(
      "started",
      `a service on SQLite in a temp folder, listens after ${seconds(performance.now() - began)}`,
    );
    await liveChange(service);
    const schedule = await everySecond(service);
    await service.terminate();
    return sum(service, schedule);
  } finally {
    await service.stop();
  }
}

process.exitCode = (await demo()) ? 0 : 1;
