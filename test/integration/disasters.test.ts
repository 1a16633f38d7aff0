// X10: whatever a job does, it hurts only itself. One service, one job for each disaster, several at a time, and beside them
// a victim that has to be on time all the while; afterwards nothing of them is left.
import { expect } from "chai";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formsOf } from "../../src/runs/secret-forms.ts";
import { AT_IMPORT, AT_RUN, SECRET } from "../support/disasters.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import {
  childrenOf,
  descriptorsOf,
  isAlive,
  peakMiB,
  processesWith,
  residentMiB,
} from "../support/processes.ts";
import { type Json, ROOT, Service } from "../support/service.ts";

const FIXTURES = join(ROOT, "test", "fixtures", "disasters");
/** Disasters under way together; more would measure the machine. */
const AT_ONCE = 3;
const VICTIM = "keeps_the_beat";
const VICTIM_EVERY_MS = 200;
/** Where others take more of the machine than three processes a core, everybody waits longer for his turn. */
const onTimeMs = () => 1_000 * Math.max(1, loadavg()[0]! / (3 * cpus().length));
/** A pipe each for what it is told, tells, and writes to stdout and stderr. */
const PIPES_OF_A_CHILD = 4;

onEveryDatabase("disasters", function (databases) {
  let service: Service;
  let temp: string;
  /** Where the service keeps its own: beside the file of SQLite. */
  let data: string;
  const first = { descriptors: 0, memory: 0, children: 0 };
  const ends = new Map<string, Promise<Json>>();
  const beats: { askedAt: number; id: string }[] = [];
  let over = false;
  let beating: Promise<void>;
  let allEnded: Promise<unknown>;

  before(async function () {
    this.timeout(60_000);
    temp = mkdtempSync(join(tmpdir(), "jobmount-disasters-"));
    const database = await databases.freshUrl();
    service = await Service.start({
      fixtures: "disasters",
      jobs: [VICTIM, ...AT_RUN.map(({ job }) => job)],
      database,
      env: {
        TMPDIR: temp,
        JOBMOUNT_CONCURRENCY: "8",
        JOBMOUNT_GRACE: "200ms",
        JOBMOUNT_JOB_PROCESSES: "24",
        JOBMOUNT_LOG_MAX: "256KiB",
      },
    });
    data = database.startsWith("sqlite:")
      ? dirname(database.slice("sqlite:".length))
      : join(service.folder, "data");
    await eventually(async () => {
      const { data } = (await service.get("/jobs?limit=200")).json;
      return data.filter((job: Json) => job["loadState"] === "ready").length === AT_RUN.length + 1;
    }, 30_000);
    await service.run(VICTIM);
    first.children = childrenOf(service.pid).length;
    first.descriptors = descriptorsOf(service.pid);
    first.memory = residentMiB(service.pid);
    beating = beat();
    for (const { job } of AT_IMPORT)
      cpSync(join(FIXTURES, job), join(service.tasks, job), { recursive: true });
    allEnded = runAll();
  });
  after(async function () {
    this.timeout(60_000);
    over = true;
    await beating;
    await service.stop();
    rmSync(temp, { recursive: true, force: true });
  });

  /** The victim's first line is what counts: not when a row says that it began. */
  async function beat(): Promise<void> {
    while (!over) {
      const askedAt = Date.now();
      const { json } = await service.call("POST", `/jobs/${VICTIM}/runs`, {});
      beats.push({ askedAt, id: String(json["id"]) });
      await new Promise((resolve) => setTimeout(resolve, VICTIM_EVERY_MS));
    }
  }

  function runAll(): Promise<unknown> {
    const waiting = AT_RUN.map(({ job, params }) => {
      let tell!: (run: Promise<Json>) => void;
      ends.set(job, new Promise<Json>((resolve) => (tell = resolve)));
      return { job, params, tell };
    });
    const line = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const run = runOne(next.job, next.params);
        next.tell(run);
        await run.catch(() => undefined);
      }
    };
    return Promise.all(Array.from({ length: AT_ONCE }, line));
  }

  async function runOne(job: string, params: Record<string, unknown> = {}): Promise<Json> {
    const { id } = (await service.call("POST", `/jobs/${job}/runs`, { params })).json;
    return eventually(
      async () => {
        const { json } = await service.get(`/runs/${id}`);
        return json["finishedAt"] !== null && json;
      },
      90_000,
      50,
    );
  }

  for (const { job, code, sentence } of AT_IMPORT) {
    it(`${job}: a load error`, async function () {
      this.timeout(60_000);
      const error = await eventually(async () => {
        const { data } = (await service.get("/load-errors")).json;
        return data.find((one: Json) => one["job"] === job);
      }, 25_000);
      expect(error.message).to.match(sentence);
      expect(error.code).to.equal(code);
      expect(error.file).to.equal(`${job}/job.ts`);
      expect((await service.get(`/jobs/${job}`)).json["loadState"]).to.equal("error");
    });
  }

  for (const { job, state, reason, sentence, check } of AT_RUN) {
    it(`${job}: ${state}${reason ? `, ${reason}` : ""}`, async function () {
      this.timeout(120_000);
      const run = await ends.get(job)!;
      const logs = (await service.get(`/runs/${run["id"]}/logs?limit=5000`)).json.data as Json[];
      const told = [run["state"], run["reason"]];
      expect(told, `${run["cause"]}\n${JSON.stringify(run["result"])}`).to.deep.equal([
        state,
        reason ?? null,
      ]);
      if (sentence) expect(run["cause"]).to.match(sentence);
      else expect(run["cause"]).to.equal(null);
      check?.(run, logs);
    });
  }

  it("L3: the secret is nowhere in what REST answers", async () => {
    const run = await ends.get("tells_its_secret")!;
    const paths = ["", "/logs?limit=5000", "/failed-records"].map((path) => `/runs/${run["id"]}${path}`);
    const texts = await Promise.all(paths.map(async (path) => (await service.get(path)).text));
    expect(formsOf(SECRET).filter((form) => texts.join("\n").includes(form))).to.deep.equal([]);
  });

  it("X10: every run of the victim beside them began within 1 s", async function () {
    this.timeout(120_000);
    await allEnded;
    const limit = onTimeMs();
    over = true;
    await beating;
    const delays = await Promise.all(
      beats.map(async ({ askedAt, id }) => {
        const run = await eventually(async () => {
          const { json } = await service.get(`/runs/${id}`);
          return json["finishedAt"] !== null && json;
        }, 20_000);
        expect(run["state"], run["cause"]).to.equal("succeeded");
        return run.result["at"] - askedAt;
      }),
    );
    expect(delays.length).to.be.greaterThan(20);
    expect(Math.max(...delays), delays.join(" ")).to.be.lessThan(limit);
  });

  it("X7: no process is left but the service's own, and no temp file", async () => {
    for (const job of ["leaves_a_daemon", "leaves_stdout_open"])
      expect(isAlive((await ends.get(job)!).result["pid"]), job).to.equal(false);
    await eventually(() => {
      const own = new Set(childrenOf(service.pid));
      const theirs = [data, temp]
        .flatMap(processesWith)
        .filter((pid) => pid !== service.pid && !own.has(pid));
      expect(theirs).to.deep.equal([]);
      return true;
    }, 20_000);
    const children = join(data, "children");
    await eventually(() => {
      const left = readdirSync(children, { recursive: true, encoding: "utf8" });
      // The folder of this service, who owns it, and an empty one for each child that waits.
      expect(left.filter((path) => !/^[^/]+(\/(owner|\d+))?$/.test(path))).to.deep.equal([]);
      expect(left.filter((path) => /\/\d+$/.test(path)).length).to.be.at.most(childrenOf(service.pid).length);
      return true;
    }, 20_000);
    expect(readdirSync(temp)).to.deep.equal([]);
    expect(readdirSync(join(data, "loading"))).to.deep.equal([]);
  });

  it("X10: memory and descriptors of the service are back where they were", async function () {
    this.timeout(60_000);
    await eventually(() => {
      const more = childrenOf(service.pid).length - first.children;
      const descriptors = descriptorsOf(service.pid) - first.descriptors - more * PIPES_OF_A_CHILD;
      // One more or less may be open for a moment.
      expect(descriptors).to.be.lessThan(4);
      return true;
    }, 20_000);
    const now = residentMiB(service.pid);
    expect(
      now - first.memory,
      `${first.memory} -> ${now} MiB, at most ${peakMiB(service.pid)}`,
    ).to.be.lessThan(80);
  });

  it("X7: when the service has stopped, nothing of it is left", async function () {
    this.timeout(60_000);
    expect(await service.terminate()).to.equal(0);
    await eventually(() => [data, service.folder, temp].flatMap(processesWith).length === 0, 20_000);
    expect(readdirSync(join(data, "children"))).to.deep.equal([]);
    expect(readdirSync(temp)).to.deep.equal([]);
  });
});
