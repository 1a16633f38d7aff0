// `npm run bench:api [runs]`: lists, details and figures over a million runs, mixed load, and open event streams.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, get, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { mariadbAvailable, sharedMariadb } from "../../test/support/mariadb.ts";
import { Service } from "../../test/support/service.ts";
import { printTable, type Row } from "../table.ts";
import { seedRuns } from "./seed.ts";

const RUNS = Number(process.argv[2] ?? 1_000_000);
const ASKED = 60;
const LOAD_SECONDS = 10;
const LOAD_PER_SECOND = 1_000;
const STREAMS = 200;

const LISTS: Readonly<Record<string, string>> = {
  "first page": "/runs",
  "page of 200": "/runs?limit=200",
  "by job": "/runs?job=default:group.job-7",
  "by state": "/runs?state=failed",
  "by job and state": "/runs?job=acme:group.job-30&state=failed",
  "by source": "/runs?source=acme",
  "by reason": "/runs?reason=overlap",
  "by trigger": "/runs?trigger=api",
  "with failed records": "/runs?recordsFailed=true",
  "since and until": "/runs?since=240h&until=200h",
  "text since a day": "/runs?text=shop&since=24h",
  "text that is nowhere": "/runs?text=nowhere",
  "nothing matches": "/runs?state=succeeded&recordsFailed=true",
};

async function measure(name: string, url: string): Promise<void> {
  const database = await openDatabase({ url });
  await migrate(database);
  const seededFrom = performance.now();
  await seedRuns(database, RUNS);
  const [middle] = await database.read.all("SELECT id FROM task_runs ORDER BY id LIMIT 1 OFFSET ?", [
    Math.floor(RUNS / 2),
  ]);
  await database.close();
  console.log(`${name}: ${RUNS} runs seeded in ${Math.round((performance.now() - seededFrom) / 1000)} s`);
  const env = {
    JOBMOUNT_RETENTION_RUNS: "36500d",
    JOBMOUNT_RETENTION_LOGS: "36500d",
    JOBMOUNT_RETENTION_RUNS_PER_JOB: "10000000",
  };
  const service = await Service.start({ jobs: ["noop"], database: url, env });
  try {
    const rows: Row[] = [];
    for (const [what, path] of Object.entries(LISTS))
      rows.push(within(`GET /runs, ${what}, p95`, await p95(service, path), 50));
    rows.push(within("GET /runs/{id}, p95", await p95(service, `/runs/${String(middle!["id"])}`), 10));
    rows.push(within("GET /stats, p95", await p95(service, "/stats"), 100));
    rows.push(...(await mixedLoad(service)));
    rows.push(await streams(service));
    printTable(`${name}, ${RUNS} runs`, rows);
  } finally {
    await service.stop();
  }
}

async function p95(service: Service, path: string): Promise<number> {
  await service.get(path);
  const took: number[] = [];
  for (let i = 0; i < ASKED; i++) {
    const from = performance.now();
    await ask(service, "GET", path);
    took.push(performance.now() - from);
  }
  return rank(took, 0.95);
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function ask(service: Service, method: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${service.token}` };
    const asked = request(`${service.url}/api/v1${path}`, { method, agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode!));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** At a fixed rate, whatever the answers do: nine reads to one trigger, so that 100 runs a second execute. */
async function mixedLoad(service: Service): Promise<Row[]> {
  const paths = [
    "/runs",
    "/runs?state=failed",
    "/jobs",
    "/runs?job=default:group.job-3",
    "/schedules",
    "/meta",
  ];
  const took: number[] = [];
  let failed = 0;
  const open: Promise<void>[] = [];
  const began = performance.now();
  const total = LOAD_SECONDS * LOAD_PER_SECOND;
  for (let n = 0; n < total; n++) {
    const due = began + (n * 1_000) / LOAD_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const trigger = n % 10 === 0;
    const asked = trigger
      ? ask(service, "POST", "/jobs/noop/runs")
      : ask(service, "GET", paths[n % paths.length]!);
    open.push(
      asked.then(
        (status) => {
          // From when it was due: a service that lags behind is not excused.
          took.push(performance.now() - due);
          if (status >= 400) failed++;
        },
        () => void failed++,
      ),
    );
  }
  await Promise.all(open);
  const perSecond = total / ((performance.now() - began) / 1000);
  return [
    {
      what: "mixed requests",
      figure: `${Math.round(perSecond)}/s`,
      goal: "1000/s",
      reached: perSecond > 950,
    },
    within("their p99, from when each was due", rank(took, 0.99), 50),
    { what: "of them refused or failed", figure: String(failed), goal: "0", reached: failed === 0 },
  ];
}

async function streams(service: Service): Promise<Row> {
  const before = residentMB(service.pid);
  const opened = await Promise.all(
    Array.from(
      { length: STREAMS },
      () =>
        new Promise<{ destroy(): void }>((resolve, reject) => {
          const headers = { authorization: `Bearer ${service.token}` };
          const asked = get(`${service.url}/api/v1/events`, { headers, agent: false }, (response) => {
            response.on("data", () => undefined).on("error", () => undefined);
            resolve(response);
          });
          asked.on("error", reject);
        }),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const grown = residentMB(service.pid) - before;
  for (const stream of opened) stream.destroy();
  const figure = `${Math.max(0, grown).toFixed(1)} MB`;
  return { what: `${STREAMS} open event streams`, figure, goal: "at most 60 MB", reached: grown < 60 };
}

function within(what: string, ms: number, most: number): Row {
  return { what, figure: `${ms.toFixed(1)} ms`, goal: `at most ${most} ms`, reached: ms <= most };
}

function rank(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN;
}

function residentMB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}

const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-api-"));
console.log(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`);
try {
  await measure("SQLite", `sqlite:${join(folder, "bench.db")}`);
  if (mariadbAvailable()) await measure("MariaDB", await (await sharedMariadb()).database());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
