// X5 with real processes: attempts that end while the database is away, and services that are killed before it is back.
// What the jobs themselves wrote down is held against the rows.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { openDatabase } from "../../src/db/open.ts";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { toolAvailable } from "../support/tool.ts";
import { type Json, Service } from "../support/service.ts";

/** Writes down when it starts and what it counted; ends when the file `go` is there, so that the test says when. */
const WITNESS = `import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Witness",
  optionalParams: { n: { type: "integer", default: 1 } },
}) {
  async execute() {
    const line = (what: string) =>
      appendFileSync(join(this.dataDir, "witness"), [what, this.run.id, this.run.attempt, this.params.n, Date.now()].join(" ") + "\\n");
    line("start");
    while (!existsSync(join(this.dataDir, "go"))) {
      this.signal.throwIfAborted();
      this.log.info("waiting");
      this.records.failed("waited", "once more");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.records.success(this.params.n);
    this.log.info("counted", { n: this.params.n });
    line("end");
    return { n: this.params.n };
  }
}
`;

const AT_A_TIME = 8;

/** As on a full disk: no file of the process may grow beyond this, and Node does not die of the signal. */
function limitFiles(pid: number, bytes: string): void {
  const { status } = spawnSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
  expect(status).to.equal(0);
}

/** Somebody else holds these rows: an end of their runs waits inside of its transaction. */
async function holdRows(database: string, ids: readonly string[]) {
  const other = await createConnection(database);
  // It dies with its server.
  other.on("error", () => undefined);
  const hold = async () => {
    await other.query("BEGIN");
    await other.query("SELECT id FROM task_runs WHERE id IN (?) FOR UPDATE", [ids]);
  };
  // The service writes these rows too: of two that wait for each other the server lets one go.
  await hold().catch((error: { code?: string }) => {
    if (error.code !== "ER_LOCK_DEADLOCK") throw error;
    return hold();
  });
  const waiting =
    "SELECT info FROM information_schema.processlist WHERE info LIKE 'UPDATE%task_runs%exit_signal%'";
  return {
    endsWait: () =>
      eventually(async () => (await other.query<RowDataPacket[]>(waiting))[0].length > 0, 20_000, 5),
    release: () => other.end(),
  };
}

class Scene {
  readonly files = mkdtempSync(join(tmpdir(), "jobmount-witness-"));
  service!: Service;

  constructor(readonly database: string) {}

  async start(env: Record<string, string> = {}): Promise<void> {
    this.service = await Service.start({
      jobs: [],
      database: this.database,
      env: {
        JOBMOUNT_FILES_DIR: this.files,
        JOBMOUNT_CONCURRENCY: String(AT_A_TIME),
        JOBMOUNT_HEARTBEAT: "500ms",
        JOBMOUNT_LEASE: "30s",
        JOBMOUNT_SWEEP: "500ms",
        JOBMOUNT_DRAIN_TIMEOUT: "1s",
        ...env,
      },
    });
    mkdirSync(join(this.service.tasks, "witness"), { recursive: true });
    writeFileSync(join(this.service.tasks, "witness", "job.ts"), WITNESS);
    await eventually(async () => (await this.service.get("/jobs/witness")).status === 200, 15_000);
  }

  async trigger(runs: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 1; n <= runs; n++) {
      const { json, text, status } = await this.service.call("POST", "/jobs/witness/runs", { params: { n } });
      expect(status, text).to.equal(202);
      ids.push(String(json["id"]));
    }
    return ids;
  }

  lines(what: string): string[] {
    const file = join(this.files, "default", "witness");
    const all = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return all.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
  }

  started(n: number): Promise<unknown> {
    return eventually(() => this.lines("start").length >= n, 20_000);
  }
  ended(n: number): Promise<unknown> {
    return eventually(() => this.lines("end").length >= n, 20_000);
  }
  go(): void {
    writeFileSync(join(this.files, "default", "go"), "");
  }

  /** Files of ends that wait for the database. */
  spooled(): string[] {
    const root = join(
      this.database.startsWith("sqlite:")
        ? join(this.database.slice(7), "..")
        : join(this.service.folder, "data"),
      "spool",
    );
    if (!existsSync(root)) return [];
    return readdirSync(root).flatMap((name) =>
      readdirSync(join(root, name))
        .filter((file) => file.endsWith(".ends"))
        .map((file) => join(root, name, file)),
    );
  }

  /** Epoch ms. */
  firstSpooledAt(): number {
    return Math.min(...this.spooled().map((file) => statSync(file).mtimeMs));
  }
  firstEndAt(): number {
    return Math.min(...this.lines("end").map((line) => Number(line.split(" ").at(-1))));
  }

  /** Every run has ended as its job wrote it down, in one attempt, and nothing waits any longer. */
  async agrees(ids: readonly string[]): Promise<void> {
    await eventually(
      async () => {
        const { json } = await this.service.get("/runs?state=queued,running,retrying&limit=200");
        return json.data.length === 0;
      },
      40_000,
      100,
    );
    const opened = await openDatabase({ url: this.database });
    const rows = await opened.read.all(
      `SELECT id, state, reason, attempt, records_success, records_failed, result, log_lines,
        (SELECT SUM(line_count) FROM run_logs WHERE run_id = id) AS lines_kept,
        (SELECT COUNT(*) FROM failed_records f WHERE f.run_id = id AND f.attempt = task_runs.attempt) AS refused_kept
        FROM task_runs ORDER BY id`,
    );
    await opened.close();
    const witnessed = new Map(
      this.lines("end").map((line) => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)]),
    );
    expect(this.lines("end"), "each ended once").to.have.length(witnessed.size);
    expect(rows.map((row) => String(row["id"])).sort()).to.deep.equal([...ids].sort());
    for (const row of rows) {
      const [attempt, n] = witnessed.get(String(row["id"]))!;
      expect({ ...row, result: JSON.parse(String(row["result"])) as unknown }, String(row["id"])).to.include({
        state: "succeeded",
        reason: null,
      });
      expect([Number(row["attempt"]), Number(row["records_success"])]).to.deep.equal([attempt, n]);
      expect(JSON.parse(String(row["result"]))).to.deep.equal({ n });
      // Every line and every refused record is there, also those that were on their way when it ended.
      expect(Number(row["lines_kept"])).to.equal(row["log_lines"]);
      expect(Number(row["refused_kept"])).to.equal(row["records_failed"]);
    }
    await eventually(() => this.spooled().length === 0, 15_000);
  }

  async end(): Promise<void> {
    await this.service.stop();
    rmSync(this.files, { recursive: true, force: true, maxRetries: 5 });
  }
}

(mariadbAvailable() ? describe : describe.skip)("X5: ends of attempts while MariaDB is away", function () {
  this.timeout(120_000);
  let server: MariadbServer;
  let scene: Scene;
  beforeEach(async () => {
    server = await startMariadb();
    scene = new Scene(await server.database());
    await scene.start();
  });
  afterEach(async () => {
    await scene.end();
    await server.stop();
  });

  it("a server that dies in the middle of many ends costs none of them, and doubles none", async () => {
    const ids = await scene.trigger(3 * AT_A_TIME);
    await scene.started(AT_A_TIME);
    // Some ends are committed, some are on their way for sure, some come while it is away.
    const held = await holdRows(scene.database, ids.slice(0, 2));
    scene.go();
    await scene.ended(2);
    await held.endsWait();
    await server.crash();
    const seen = scene.lines("end").length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await eventually(async () => (await fetch(`${scene.service.url}/readyz`)).status === 503, 10_000);
    await server.startAgain();
    await scene.agrees(ids);
    expect(seen).to.be.at.least(2);
    await eventually(async () => {
      const { checks } = (await scene.service.get("/readyz")).json;
      return checks.some((check: Json) => check.name === "spool" && check.ok);
    }, 10_000);
  });

  it("what ended while it was away is kept over a kill -9 of the service", async () => {
    const ids = await scene.trigger(AT_A_TIME);
    await scene.started(AT_A_TIME);
    await server.crash();
    scene.go();
    await scene.ended(AT_A_TIME);
    await eventually(() => scene.spooled().length > 0, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await scene.service.kill9();
    await server.startAgain();
    await scene.service.startAgain();
    await scene.agrees(ids);
  });

  it("a server that hangs without a word is no different: the files are there within a second", async () => {
    const ids = await scene.trigger(AT_A_TIME);
    await scene.started(AT_A_TIME);
    process.kill(server.pid, "SIGSTOP");
    try {
      // What they tell meanwhile is on its way when they end.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      scene.go();
      await scene.ended(AT_A_TIME);
      await eventually(() => scene.spooled().length > 0, 10_000);
      // 300 ms by design, and what a file takes; by the times of the files, since this process may have to wait as well.
      expect(scene.firstSpooledAt() - scene.firstEndAt()).to.be.below(1_000);
      await new Promise((resolve) => setTimeout(resolve, 500));
      await scene.service.kill9();
    } finally {
      process.kill(server.pid, "SIGCONT");
    }
    await scene.service.startAgain();
    await scene.agrees(ids);
  });

  it("a kill -9 while an end is on its way into its row: the run is lost or tried again, never gone and never succeeded twice", async function () {
    if (!toolAvailable("prlimit", "a kill before the files of ends", "util-linux")) return this.skip();
    await scene.end();
    scene = new Scene(await server.database());
    await scene.start({ JOBMOUNT_LEASE: "2s", JOBMOUNT_HEARTBEAT: "300ms", JOBMOUNT_SWEEP: "300ms" });
    const [once] = await scene.trigger(1);
    const retries = { attempts: 2, backoff: "100ms" };
    const set = await scene.service.call("PATCH", "/jobs/witness", { retries }, { "if-match": "*" });
    expect(set.status, set.text).to.equal(200);
    const [twice] = await scene.trigger(1);
    await scene.started(2);
    // Somebody holds the rows: the ends wait inside of their transaction, and nobody can answer for it.
    const held = await holdRows(scene.database, [once!, twice!]);
    try {
      // The kill is to come before their files are there, however long this machine takes for it.
      limitFiles(scene.service.pid, "0");
      scene.go();
      await held.endsWait();
      await scene.service.kill9();
      expect(scene.spooled()).to.deep.equal([]);
    } finally {
      await held.release();
    }
    expect(scene.lines("end").length, "both jobs had ended, or one of them was about to").to.be.at.least(1);
    await scene.service.startAgain();
    const after = async (id: string) =>
      eventually(async () => {
        const { json } = await scene.service.get(`/runs/${id}`);
        return json["finishedAt"] !== null && json;
      }, 30_000);
    const states = (run: Json) => run["attempts"].map((one: Json) => [one["state"], one["reason"]]);
    const lost = await after(once!);
    expect(lost).to.include({ state: "failed", reason: "lost", attempt: 1 });
    expect(states(lost)).to.deep.equal([["failed", "lost"]]);
    const again = await after(twice!);
    expect(again).to.include({ state: "succeeded", attempt: 2 });
    expect(states(again)).to.deep.equal([
      ["retrying", "lost"],
      ["succeeded", null],
    ]);
  });

  it("A4 X8: a stop while it is away gives the attempts back, and they start again without having used a try", async () => {
    const ids = await scene.trigger(AT_A_TIME);
    await scene.started(AT_A_TIME);
    await server.crash();
    const from = performance.now();
    expect(await scene.service.terminate()).to.equal(0);
    expect(performance.now() - from).to.be.below(6_500);
    expect(scene.spooled()).not.to.deep.equal([]);
    await server.startAgain();
    scene.go();
    await scene.service.startAgain();
    await scene.agrees(ids);
    const runs = (await scene.service.get("/runs?limit=200")).json.data;
    for (const run of runs) expect(run).to.include({ attempt: 2, triesUsed: 1, state: "succeeded" });
    const { json } = await scene.service.get(`/runs/${ids[0]}`);
    expect(json.attempts[0]).to.include({ state: "queued", cause: "given back: the service stopped" });
  });

  it("X2: an end that was told only after its run counted as lost resolves it", async () => {
    const ids = await scene.trigger(2);
    await scene.started(2);
    await server.crash();
    scene.go();
    await scene.ended(2);
    await eventually(() => scene.spooled().length > 0, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await scene.service.kill9();
    await server.startAgain();
    const other = await Service.start({
      jobs: [],
      database: scene.database,
      env: { JOBMOUNT_LEASE: "1s", JOBMOUNT_HEARTBEAT: "300ms", JOBMOUNT_SWEEP: "300ms" },
    });
    try {
      await eventually(async () => {
        const { json } = await other.get(`/runs/${ids[0]}`);
        return json["state"] === "failed" && json["reason"] === "lost";
      }, 20_000);
    } finally {
      await other.stop();
    }
    await scene.service.startAgain();
    await scene.agrees(ids);
  });
});

describe("X5: ends of attempts while SQLite takes nothing", function () {
  this.timeout(120_000);
  let scene: Scene;
  const folder = mkdtempSync(join(tmpdir(), "jobmount-full-"));
  beforeEach(async function () {
    if (!toolAvailable("prlimit", "ends of attempts while SQLite takes nothing", "util-linux")) this.skip();
    scene = new Scene(`sqlite:${join(folder, "jobmount.db")}`);
    await scene.start();
  });
  afterEach(() => scene.end());
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("are kept in files, over a kill -9 too, and brought in when it takes them again", async () => {
    const ids = await scene.trigger(AT_A_TIME);
    await scene.started(AT_A_TIME);
    limitFiles(scene.service.pid, "32768");
    scene.go();
    await scene.ended(AT_A_TIME);
    await eventually(() => scene.spooled().length > 0, 10_000);
    const full = await scene.service.call("POST", "/jobs/witness/runs", {});
    expect(full.status, full.text).to.equal(503);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await scene.service.kill9();
    await scene.service.startAgain();
    await scene.agrees(ids);
  });
});
