// Services with many schedules that fire each second and jobs that write down what they see, to be killed and checked.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../../src/db/open.ts";
import type { SqlRow } from "../../../src/db/sql.ts";
import { eventually } from "../eventually.ts";
import { type Json, Service } from "../service.ts";
import { Machine } from "./machine.ts";
import type { Downtime, History, RowSeen, WitnessLine } from "./history.ts";
import { firesOf, type Planned } from "./rhythms.ts";

/**
 * Writes a line when its code starts, one when it ends, and some in between: what really ran, whatever the rows say.
 * One write a line in append mode: lines of several processes never mix.
 */
const WITNESS = `import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Witness",
  optionalParams: { ms: { type: "integer", default: 0 } },
  retries: { attempts: 6, backoff: "50ms" },
}) {
  async execute() {
    const file = join(this.dataDir, "witness");
    const { id, attempt, scheduleId, fireAt } = this.run;
    const tell = (what: string) => {
      const monotonic = Number(process.hrtime.bigint() / 1000n) / 1000;
      appendFileSync(file, [what, id, attempt, scheduleId, Date.parse(fireAt), monotonic, Date.now()].join(" ") + "\\n");
    };
    tell("start");
    try {
      for (let left = this.params.ms; left > 0; left -= 100) {
        await wait(Math.min(left, 100), undefined, { signal: this.signal });
        if (left > 100) tell("alive");
      }
    } finally {
      tell("end");
    }
  }
}
`;

/** The guard ends what a silent service left 5 s before its lease does: shorter leases would let others begin too soon. */
const ENVIRONMENT = {
  JOBMOUNT_LEASE: "8s",
  JOBMOUNT_HEARTBEAT: "1s",
  JOBMOUNT_SWEEP: "500ms",
  JOBMOUNT_CONCURRENCY: "6",
  JOBMOUNT_LOG_LEVEL: "warn",
};
/** Requests at a time when schedules are made and switched off. */
const TOGETHER = 10;

export interface FleetOptions {
  replicas: number;
  planned: readonly Planned[];
  /** More of the services' environment. */
  env?: Record<string, string>;
  /** The services have a clock of their own: what jobs read from theirs says nothing about instants. */
  ownClock?: boolean;
}

export interface Made {
  id: string;
  planned: Planned;
  after: number;
  through: number;
}

export class Fleet {
  readonly services: Service[] = [];
  readonly downtimes: Downtime[] = [];
  readonly stalls: Downtime[] = [];
  readonly #deaths: Downtime[] = [];
  readonly #machine = new Machine();
  readonly #deadSince = new Map<Service, number>();
  readonly #database: string;
  readonly #files = mkdtempSync(join(tmpdir(), "jobmount-witness-"));
  readonly #ownClock: boolean;
  #slowestWriteMs = 0;
  #probing = true;
  made: Made[] = [];
  #downSince: number | undefined;
  #backSince: number | undefined;

  private constructor(database: string, options: FleetOptions) {
    this.#database = database;
    this.#ownClock = options.ownClock ?? false;
  }

  /** Starts so many services on one database, and makes the schedules. */
  static async start(database: string, options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(database, options);
    try {
      await fleet.#start(options);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  async #start({ replicas, planned, env: more }: FleetOptions): Promise<void> {
    const tasks = join(this.#files, "tasks");
    mkdirSync(join(tasks, "witness"), { recursive: true });
    writeFileSync(join(tasks, "witness", "job.ts"), WITNESS);
    const files = join(this.#files, "files");
    const env = { ...ENVIRONMENT, EXTERNAL_TASKS_PATH: tasks, JOBMOUNT_FILES_DIR: files, ...more };
    for (let i = 0; i < replicas; i++)
      this.services.push(await Service.start({ jobs: [], database: this.#database, env }));
    for (const service of this.services) {
      await eventually(async () => (await service.get("/jobs/witness")).status === 200, 20_000, 50);
    }
    this.made = await together(planned, (one) => this.#make(one));
    for (const service of this.services) void this.#probe(service);
    this.#machine.start();
  }

  /** How long a small write takes: /readyz makes one. Of a service that is killed meanwhile nothing is counted. */
  async #probe(service: Service): Promise<void> {
    while (this.#probing) {
      const from = performance.now();
      const done = await fetch(`${service.url}/readyz`).catch(() => undefined);
      if (done?.ok && !this.#deadSince.has(service))
        this.#slowestWriteMs = Math.max(this.#slowestWriteMs, performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** As a crash would; with nobody left, a downtime begins. */
  async kill(service: Service, isLast: boolean): Promise<void> {
    if (isLast) this.#downSince ??= Date.now();
    if (!this.#deadSince.has(service)) this.#deadSince.set(service, Date.now());
    await service.kill9();
  }

  /** Ready again: so does the downtime end. */
  async startAgain(service: Service): Promise<void> {
    if (this.#downSince !== undefined) this.#backSince ??= Date.now();
    await service.startAgain();
    const from = this.#deadSince.get(service);
    if (from !== undefined) this.#deaths.push({ from, to: Date.now() });
    this.#deadSince.delete(service);
    if (this.#downSince === undefined) return;
    this.downtimes.push({ from: this.#downSince, to: Date.now(), back: this.#backSince });
    this.#downSince = this.#backSince = undefined;
  }

  /** Where the cursors stand, in the order of the schedules. */
  async cursors(): Promise<number[]> {
    const { json } = await this.services[0]!.get("/schedules?limit=200");
    const shown = new Map((json["data"] as Json[]).map((one: Json) => [one["id"], one["firedThrough"]]));
    // They were made side by side: their ids are in another order.
    return this.made.map(({ id }) => Date.parse(String(shown.get(id))));
  }

  /** Switches all schedules off, waits for what is under way, stops the services, and answers what there was. */
  async history(): Promise<History> {
    const service = this.services[0]!;
    this.#probing = false;
    await together(this.made, async (made) => {
      const off = await service.call(
        "PATCH",
        `/schedules/${made.id}`,
        { enabled: false },
        { "if-match": "*" },
      );
      if (off.status !== 200) throw new Error(`PATCH answered ${off.status}: ${off.text}`);
      made.through = Date.parse(off.json["firedThrough"]);
    });
    await eventually(
      async () => {
        const open = await service.get("/runs?state=queued,running,retrying&limit=1");
        return (open.json["data"] as Json[]).length === 0;
      },
      90_000,
      200,
    );
    await Promise.all(this.services.map((each) => each.terminate()));
    return {
      schedules: this.made.map(({ id, planned, after, through }) => ({
        id,
        overlap: planned.overlap,
        catchUp: { policy: planned.catchUp, max: planned.most ?? 100, windowMs: 3_600_000 },
        fires: firesOf(planned.rhythm, after, through),
      })),
      rows: await this.#rows(),
      witness: this.#witness(),
      downtimes: this.downtimes,
      stalls: this.stalls,
      deaths: this.#deaths,
      slowestWriteMs: this.#slowestWriteMs,
      machine: this.#machine.efforts,
    };
  }

  async stop(): Promise<void> {
    this.#probing = false;
    this.#machine.stop();
    await Promise.all(this.services.map((service) => service.stop()));
    rmSync(this.#files, { recursive: true, force: true, maxRetries: 5 });
  }

  async #make(planned: Planned): Promise<Made> {
    const { rhythm, overlap, catchUp: policy, most, ms } = planned;
    const when = rhythm.cron === null ? { every: "1s" } : { cron: rhythm.cron };
    const body = { job: "witness", ...when, timeZone: rhythm.timeZone, overlap, params: { ms } };
    const made = await this.services[0]!.call("POST", "/schedules", {
      ...body,
      catchUp: { policy, max: most },
    });
    if (made.status !== 201) throw new Error(`POST /schedules answered ${made.status}: ${made.text}`);
    return { id: made.json["id"], planned, after: Date.parse(made.json["createdAt"]), through: 0 };
  }

  async #rows(): Promise<RowSeen[]> {
    const database = await openDatabase({ url: this.#database });
    try {
      const rows = await database.read.all(
        "SELECT id, schedule_id, state, reason, cause, fire_at, fire_through, fire_count, queued_at, finished_at, " +
          "attempt, max_attempts FROM task_runs",
      );
      return rows.map(toRowSeen);
    } finally {
      await database.close();
    }
  }

  #witness(): WitnessLine[] {
    const file = join(this.#files, "files", "default", "witness");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [what, runId, attempt, scheduleId, fireAt, monotonic, wall] = line.split(" ") as string[];
        return {
          what: what as WitnessLine["what"],
          runId: runId!,
          attempt: Number(attempt),
          scheduleId: scheduleId!,
          fireAt: Number(fireAt),
          monotonic: Number(monotonic),
          wall: this.#ownClock ? null : Number(wall),
        };
      });
  }
}

function toRowSeen(row: SqlRow): RowSeen {
  const number = (name: string) => (row[name] === null ? null : Number(row[name]));
  return {
    id: String(row["id"]),
    scheduleId: String(row["schedule_id"]),
    state: row["state"] as RowSeen["state"],
    reason: row["reason"] as RowSeen["reason"],
    cause: row["cause"] as string | null,
    fireAt: number("fire_at"),
    fireThrough: number("fire_through"),
    fireCount: number("fire_count"),
    queuedAt: Number(row["queued_at"]),
    finishedAt: number("finished_at"),
    attempt: Number(row["attempt"]),
    maxAttempts: Number(row["max_attempts"]),
  };
}

async function together<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, lane));
  return results;
}
