// A service with a life behind it, for who looks at its page: good and failed runs, a broken job, schedules, tokens.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { type Json, Service } from "./service.ts";

export interface PageWorld {
  service: Service;
  /** A token that only looks. */
  viewer: string;
  /** Ids by what they are for. */
  failedRun: string;
  goodRun: string;
  schedule: string;
}

const JOBS = ["counts", "echo", "fails", "score_text", "slow", "noop"];

/** `more`: fixture jobs beside the usual ones. */
export async function pageWorld(more: readonly string[] = []): Promise<PageWorld> {
  const service = await Service.start({
    jobs: [...JOBS, ...more],
    env: { JOBMOUNT_CONCURRENCY: "4", JOBMOUNT_CODE_SCHEDULES: "suggest" },
  });
  const made = async (path: string, body: object) => {
    const { status, json, text } = await service.call("POST", path, body);
    if (status >= 300) throw new Error(`POST ${path} answered ${status}: ${text}`);
    return json;
  };
  const good: Json = await service.run("counts");
  const failed: Json = await service.run("fails", { attempts: 5 });
  await Promise.all([
    service.run("noop"),
    service.run("slow", { ms: 200 }),
    service.run("echo", { text: "hello" }),
  ]);
  const schedule = await made("/schedules", {
    job: "counts",
    name: "nightly",
    cron: "30 2 * * *",
    timeZone: "Europe/Berlin",
  });
  await made("/schedules", { job: "noop", cron: "*/10 * * * *" });
  const { token } = await made("/tokens", { name: "looker", role: "viewer" });
  breakJob(service, "score_text");
  await eventually(async () => (await service.get("/load-errors")).json.data.length === 1, 20_000);
  return { service, viewer: token, failedRun: failed.id, goodRun: good.id, schedule: schedule.id };
}

/** Saves it with a bracket that is never closed; answers how to mend it. */
export function breakJob(service: Service, job: string): () => void {
  const file = join(service.tasks, job, "job.ts");
  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace("execute() {", "execute( {"));
  return () => writeFileSync(file, good);
}
