// `npm run bench:api -- [runs] [sqlite|mariadb|both] [seconds of mixed load]`: lists, details and figures over a million
// runs unless told otherwise, on both databases unless one is named; then mixed load (10 s; 0 leaves it out) and open streams.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, get, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../src/db/database.ts";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { mariadbAvailable, sharedMariadb } from "../../test/support/mariadb.ts";
import { Service } from "../../test/support/service.ts";
import { printTable, type Row } from "../table.ts";
import { middleBatch, scheduleOf, seedRuns } from "./seed.ts";

const [runs = "1000000", on = "both", seconds = "10"] = process.argv.slice(2);
const RUNS = Number(runs);
const ASKED = 60;
const LOAD_SECONDS = Number(seconds);
const LOAD_PER_SECOND = 1_000;
const STREAMS = 200;
/** One token may keep 50 open, and a bench is no page: some room for others. */
const STREAMS_OF_ONE = 40;

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
  "by schedule": `/runs?schedule=${scheduleOf(7)}`,
  "by batch": `/runs?batch=${middleBatch(RUNS)}`,
  "all but what succeeded": "/runs?state=!succeeded",
  "all but a job": "/runs?job=!default:group.job-7",
  "oldest first": "/runs?sort=queuedAt",
  "with a count": "/runs?state=failed&count=true",
  "nothing matches": "/runs?state=succeeded&recordsFailed=true",
};

async function measure(name: string, url: string): Promise<void> {
  const database = await openDatabase({ url });
  await migrate(database);
  const seededFrom = performance.now();
  await seedRuns(database, RUNS);
  const spread = await idsOver(database, ASKED);
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
    const limited = await tokenOf(service, { sources: ["acme"] });
    for (const [what, path] of Object.entries({ "first page": "/runs", "by state": "/runs?state=failed" }))
      rows.push(
        within(`GET /runs, ${what}, token of one source, p95`, await p95(service, path, limited), 50),
      );
    const details = spread.map((id) => `/runs/${id}`);
    rows.push(within(`GET /runs/{id} of ${details.length} runs, p95`, await p95(service, details), 10));
    rows.push(within("GET /stats, p95", await p95(service, "/stats"), 100));
    rows.push(within("GET /stats/hours, p95", await p95(service, "/stats/hours"), 100));
    if (LOAD_SECONDS > 0) rows.push(...(await mixedLoad(service)));
    rows.push(await streams(service));
    printTable(`${name}, ${RUNS} runs`, rows);
  } finally {
    await service.stop();
  }
}

/** Ids of runs that ended, evenly over the whole table. */
async function idsOver(database: Database, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const [row] = await database.read.all("SELECT id FROM task_runs ORDER BY id LIMIT 1 OFFSET ?", [
      Math.floor((RUNS * i) / count),
    ]);
    ids.push(String(row!["id"]));
  }
  return ids;
}

async function tokenOf(service: Service, more: { sources?: string[] } = {}): Promise<string> {
  const { status, json, text } = await service.call("POST", "/tokens", {
    name: "bench",
    role: "viewer",
    ...more,
  });
  if (status !== 201) throw new Error(`POST /tokens answered ${status}: ${text}`);
  return String(json["token"]);
}

/** Of several paths each is asked once, of one as often. An answer that is not a 200 measures nothing. */
async function p95(
  service: Service,
  path: string | readonly string[],
  token = service.token,
): Promise<number> {
  const paths = typeof path === "string" ? Array<string>(ASKED).fill(path) : path;
  await ask(service, "GET", paths[0]!, token);
  const took: number[] = [];
  for (const one of paths) {
    const from = performance.now();
    const status = await ask(service, "GET", one, token);
    took.push(performance.now() - from);
    if (status !== 200) throw new Error(`GET ${one} answered ${status}`);
  }
  return rank(took, 0.95);
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function ask(service: Service, method: string, path: string, token = service.token): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
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
  const tokens: string[] = [];
  for (let i = 0; i < STREAMS / STREAMS_OF_ONE; i++) tokens.push(await tokenOf(service));
  const before = residentMB(service.pid);
  const opened = await Promise.all(
    Array.from(
      { length: STREAMS },
      (_, i) =>
        new Promise<{ destroy(): void }>((resolve, reject) => {
          const headers = { authorization: `Bearer ${tokens[i % tokens.length]!}` };
          const asked = get(`${service.url}/api/v1/events`, { headers, agent: false }, (response) => {
            if (response.statusCode !== 200)
              return reject(new Error(`GET /events answered ${response.statusCode}`));
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

if (!["sqlite", "mariadb", "both"].includes(on) || !(RUNS >= ASKED) || !(LOAD_SECONDS >= 0))
  throw new Error(
    `Call it with at least ${ASKED} runs, then sqlite, mariadb or both, then seconds of mixed load: npm run bench:api -- 1000000 mariadb 10`,
  );
if (on === "mariadb" && !mariadbAvailable()) throw new Error("There is no MariaDB on this machine.");
const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-api-"));
console.log(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`);
try {
  if (on !== "mariadb") await measure("SQLite", `sqlite:${join(folder, "bench.db")}`);
  if (on !== "sqlite" && mariadbAvailable())
    await measure("MariaDB", await (await sharedMariadb()).database());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
