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
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/db/open.ts";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { Service } from "../support/service.ts";

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
      appendFileSync(join(this.dataDir, "witness"), [what, this.run.id, this.run.attempt, this.params.n].join(" ") + "\\n");
    line("start");
    while (!existsSync(join(this.dataDir, "go"))) {
      this.signal.throwIfAborted();
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
      readdirSync(join(root, name)).filter((file) => file.endsWith(".ends")),
    );
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
      "SELECT id, state, reason, attempt, records_success, result, log_lines FROM task_runs ORDER BY id",
    );
    const logs = await opened.read.all("SELECT run_id, line_texts FROM run_logs");
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
      expect(logs.filter((log) => log["run_id"] === row["id"])).to.have.length(1);
    }
    await eventually(() => this.spooled().length === 0, 15_000);
  }

  async end(): Promise<void> {
    await this.service.stop();
    rmSync(this.files, { recursive: true, force: true });
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
    scene.go();
    // Some ends are committed, some are on their way, some come while it is away.
    await scene.ended(2);
    await server.crash();
    const seen = scene.lines("end").length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await fetch(`${scene.service.url}/readyz`)).status).to.equal(503);
    await server.startAgain();
    await scene.agrees(ids);
    expect(seen).to.be.at.least(2);
    expect((await scene.service.get("/readyz")).json["checks"]).to.deep.include({ name: "spool", ok: true });
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

  it("a server that hangs without a word is no different: the files are there within half a second", async () => {
    const ids = await scene.trigger(AT_A_TIME);
    await scene.started(AT_A_TIME);
    process.kill(server.pid, "SIGSTOP");
    try {
      scene.go();
      await scene.ended(AT_A_TIME);
      const from = performance.now();
      await eventually(() => scene.spooled().length > 0, 5_000);
      expect(performance.now() - from).to.be.below(3_000);
      await new Promise((resolve) => setTimeout(resolve, 500));
      await scene.service.kill9();
    } finally {
      process.kill(server.pid, "SIGCONT");
    }
    await scene.service.startAgain();
    await scene.agrees(ids);
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
    // As on a full disk: no file of the process may grow beyond this, and Node does not die of the signal.
    if (spawnSync("prlimit", ["--version"]).status !== 0) this.skip();
    scene = new Scene(`sqlite:${join(folder, "jobmount.db")}`);
    await scene.start();
  });
  afterEach(() => scene.end());
  after(() => rmSync(folder, { recursive: true, force: true }));

  const limit = (bytes: string) =>
    expect(
      spawnSync("prlimit", ["--pid", String(scene.service.pid), `--fsize=${bytes}:unlimited`]).status,
    ).to.equal(0);

  it("are kept in files, over a kill -9 too, and brought in when it takes them again", async () => {
    const ids = await scene.trigger(AT_A_TIME);
    await scene.started(AT_A_TIME);
    limit("32768");
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
