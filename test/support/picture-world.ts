// The service of the pictures: a week behind it, jobs that do something, schedules, a job that does not load, a live run.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "./eventually.ts";
import { addPastRuns, type PastRun } from "./past-runs.ts";
import { type Json, ROOT, Service } from "./service.ts";

export interface PictureWorld {
  service: Service;
  /** Ids by what they show. */
  run: string;
  live: string;
  failed: string;
  schedule: string;
  /** An instant at which that schedule did not run. */
  missed: string;
  older: string;
  newer: string;
}

const SYNC = `import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "jobmount";

const PAGES = 40;

export class Job extends defineJob({
  name: "Sync orders",
  description: "Reads the shop's orders page by page and writes them to the warehouse",
  version: "2.3.0",
  tags: ["shop"],
  optionalParams: {
    pageMs: { type: "integer", label: "Milliseconds a page", default: 5, min: 1, max: 10_000 },
    fail: { type: "boolean", label: "Give up at the last page", default: false },
  },
}) {
  async execute() {
    this.log.info("connected to shop.example.com", { tls: "1.3" });
    for (let page = 1; page <= PAGES; page++) {
      await wait(this.params.pageMs, undefined, { signal: this.signal });
      console.log(\`page \\u001b[36m\${page}/\${PAGES}\\u001b[0m  \\u001b[32m48 orders written\\u001b[0m, \\u001b[33m2 without a country\\u001b[0m\`);
      for (let order = 1; order <= 48; order++) this.records.success();
      for (const order of [7, 31]) this.records.failed(\`order-\${page * 100 + order}\`, new Error("the country \\"XX\\" is not known"));
      if (page % 8 === 0) this.log.warn(\`page \${page} took long; the shop asks us to slow down\`, { page });
      this.progress((page / PAGES) * 100, \`page \${page} of \${PAGES}\`);
    }
    if (this.params.fail) throw new Error("the shop answered 502 to page 41: upstream timed out");
    return { warehouse: "eu-central" };
  }
}
`;

const INVOICES = `import { defineJob } from "jobmount";
import { renderInvoice } from "./render.ts";

export class Job extends defineJob({ name: "Invoices", description: "Renders the invoices of the month" }) {
  async execute() {
    await renderInvoice(this.signal);
  }
}
`;

const HOUR = 3_600_000;
const DAYS = 7;

export async function pictureWorld(): Promise<PictureWorld> {
  const folder = process.getuid?.() === 0 ? mkdtempSync("/srv/jobmount-") : undefined;
  if (folder) mkdirSync(join(folder, "external_tasks"));
  const service = await Service.start({ folder, jobs: [], env: { JOBMOUNT_CONCURRENCY: "6" } });
  for (const job of ["import_cities", "heartbeat", "link_check"])
    cpSync(join(ROOT, "external_tasks", job), join(service.tasks, job), { recursive: true });
  save(service, "shop/sync_orders/job.ts", SYNC);
  save(
    service,
    "billing/invoices/render.ts",
    "export const renderInvoice = (_: AbortSignal) => Promise.resolve();\n",
  );
  save(service, "billing/invoices/job.ts", INVOICES);
  const ready = (key: string, state: string) =>
    eventually(
      async () => (await service.get(`/jobs/${key}`)).json["loadState"] === state || undefined,
      40_000,
    );
  for (const key of ["import_cities", "heartbeat", "link_check", "shop.sync_orders", "billing.invoices"])
    await ready(key, "ready");
  const made = async (path: string, body: object): Promise<Json> => {
    const { status, json, text } = await service.call("POST", path, body);
    if (status >= 300) throw new Error(`POST ${path} answered ${status}: ${text}`);
    return json;
  };
  const zone = { timeZone: "Europe/Berlin" };
  const nightly = await made("/schedules", {
    job: "import_cities",
    name: "every night",
    cron: "30 2 * * *",
    ...zone,
  });
  const hourly = await made("/schedules", {
    job: "shop.sync_orders",
    name: "each hour",
    cron: "5 * * * *",
    ...zone,
  });
  const beat = await made("/schedules", { job: "heartbeat", cron: "*/30 * * * *" });
  const invoices = { job: "billing.invoices", name: "month's end", cron: "0 6 L * *", ...zone };
  const monthly = await made("/schedules", invoices);
  await addPastRuns(service, past({ nightly: nightly.id, hourly: hourly.id, beat: beat.id }));

  await made(`/schedules/${monthly.id}/pause`, { reason: "the new price list is not in yet" });
  await made("/tokens", { name: "grafana", role: "viewer" });
  await made("/tokens", { name: "deploy", role: "editor", sources: ["default"] });
  const { token } = await made("/tokens", { name: "night shift", role: "operator" });
  const night = { authorization: `Bearer ${token}` };
  // Refused, and done.
  await service.call("POST", "/tokens", { name: "more", role: "admin" }, night);
  await service.call(
    "POST",
    `/schedules/${hourly.id}/skip-next`,
    { count: 1, reason: "the shop is down" },
    night,
  );

  const run = await service.run("shop.sync_orders");
  const failed = await service.run("shop.sync_orders", { fail: true });
  await service.run("import_cities", { country: "Japan" });
  const older = (await service.get("/jobs/shop.sync_orders")).json.version.hash as string;
  save(
    service,
    "shop/sync_orders/job.ts",
    SYNC.replace("const PAGES = 40", "const PAGES = 60").replace("2.3.0", "2.4.0"),
  );
  const newer = await eventually(async () => {
    const { hash } = (await service.get("/jobs/shop.sync_orders")).json.version;
    return hash === older ? undefined : (hash as string);
  }, 30_000);
  save(service, "billing/invoices/job.ts", INVOICES.replace("async execute() {", "async execute( {"));
  await ready("billing.invoices", "stale");
  const live = await made("/jobs/shop.sync_orders/runs", { params: { pageMs: 4_000 } });
  const missed = new Date(Math.floor(Date.now() / HOUR) * HOUR + HOUR + 5 * 60_000).toISOString();
  return {
    service,
    run: run.id,
    live: live.id,
    failed: failed.id,
    schedule: hourly.id,
    missed,
    older,
    newer,
  };
}

function save({ tasks }: Service, path: string, text: string): void {
  const file = join(tasks, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  if (readFileSync(file, "utf8") !== text) throw new Error(`${file} was not written`);
}

/** A week of them: most went well. */
function past(ids: { nightly: string; hourly: string; beat: string }): PastRun[] {
  const now = Date.now();
  const top = Math.floor(now / HOUR) * HOUR;
  const runs: PastRun[] = [];
  for (let hour = DAYS * 24; hour >= 1; hour--) {
    const at = top - hour * HOUR;
    const bad = hour % 23 === 4;
    const busy = 600 + 500 * Math.sin(hour / 4);
    const base = { trigger: "schedule", state: "succeeded" } as const;
    for (const minute of [0, 30])
      runs.push({
        ...base,
        jobKey: "heartbeat",
        jobName: "Heartbeat",
        at: at + minute * 60_000,
        durationMs: 30 + ((hour * 17 + minute) % 50),
        scheduleId: ids.beat,
      });
    runs.push({
      ...base,
      jobKey: "shop/sync_orders",
      jobName: "Sync orders",
      at: at + 5 * 60_000,
      durationMs: Math.round(30_000 + busy * 60 + ((hour * 7_919) % 20_000)),
      scheduleId: ids.hourly,
      records: { success: Math.round(900 + busy), failed: hour % 7 === 0 ? hour % 40 : 0 },
      ...(bad && { state: "failed", reason: "timeout", cause: "timed out after 10m 0s" }),
    });
    if (new Date(at).getUTCHours() !== 1) continue;
    runs.push({
      ...base,
      jobKey: "import_cities",
      jobName: "World cities import",
      at: at + 30 * 60_000,
      durationMs: 1_100 + ((hour * 31) % 400),
      scheduleId: ids.nightly,
      records: { success: 34_032, failed: 0 },
    });
  }
  return runs.filter(({ at }) => at < now - 60_000);
}
