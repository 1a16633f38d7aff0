// Nothing that a job made survives: neither the end of its attempt, nor a kill -9 of the service, nor one that stands still.
import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { isAlive, processesWith } from "../support/processes.ts";
import { Service } from "../support/service.ts";

const KINDS = ["loop", "grandchild", "daemon", "deaf"] as const;
/** X7, with room for a machine that has other things to do. */
const GONE_MS = 15_000;

describe("processes of jobs", function () {
  this.timeout(60_000);
  let service: Service;
  beforeEach(async () => {
    service = await Service.start({
      fixtures: "disasters",
      jobs: ["leaves_processes"],
      env: { JOBMOUNT_LEASE: "3s", JOBMOUNT_HEARTBEAT: "500ms", JOBMOUNT_CONCURRENCY: "8" },
    });
    await eventually(async () => (await service.get("/jobs/leaves_processes")).status === 200, 10_000);
  });
  afterEach(() => service.stop());

  const pidsOf = (kind: string): number[] => {
    const file = join(service.folder, "data", "files", "default", `pids-${kind}`);
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : [];
  };

  /** Starts one job of each kind and answers all their processes, once they stand. */
  async function startAll(): Promise<number[]> {
    for (const kind of KINDS) await service.call("POST", "/jobs/leaves_processes/runs", { params: { kind } });
    await eventually(() => KINDS.every((kind) => pidsOf(kind).length === (kind === "loop" ? 1 : 2)), 15_000);
    const pids = KINDS.flatMap(pidsOf);
    expect(pids.filter((pid) => !isAlive(pid))).to.deep.equal([]);
    return pids;
  }

  it("X7: a kill -9 of the service ends a child in an endless loop, grandchildren, daemons and what ignores signals", async () => {
    const pids = await startAll();
    await service.kill9();
    await eventually(() => pids.every((pid) => !isAlive(pid)), GONE_MS);
    await eventually(() => processesWith(service.folder).length === 0, GONE_MS);
    const children = join(service.folder, "data", "children");
    await eventually(() => readdirSync(children).length === 0, GONE_MS);
  });

  it("X7: a service that stands still longer than its lease allows loses its jobs' processes", async () => {
    const pids = await startAll();
    process.kill(service.pid, "SIGSTOP");
    try {
      await eventually(() => pids.every((pid) => !isAlive(pid)), 3_000 + GONE_MS);
    } finally {
      process.kill(service.pid, "SIGCONT");
    }
    expect(await service.terminate()).to.equal(0);
  });

  it("X7: when an attempt has ended well, what it made is gone", async () => {
    for (const kind of KINDS.slice(1)) {
      const run = await service.run("leaves_processes", { kind, end: true });
      expect(run.state, run.cause).to.equal("succeeded");
      const pids = pidsOf(kind);
      expect(pids.filter(isAlive), kind).to.deep.equal([]);
    }
  });

  it("X7: a guard that is killed is started again, and knows the children that live", async () => {
    const guard = () => processesOf("guard-process").find((pid) => parentOf(pid) === service.pid);
    const first = await eventually(guard, GONE_MS);
    const pids = await startAll();
    process.kill(first, "SIGKILL");
    await eventually(() => ![undefined, first].includes(guard()), GONE_MS);
    await service.kill9();
    await eventually(() => pids.every((pid) => !isAlive(pid)), GONE_MS);
  });

  it("X9: a guard that hangs does not keep a cancel from ending: it is killed, and another takes its place", async () => {
    const guard = () => processesOf("guard-process").find((pid) => parentOf(pid) === service.pid);
    const first = await eventually(guard, GONE_MS);
    const pids = await startAll();
    process.kill(first, "SIGSTOP");
    try {
      const { json } = await service.get("/runs?limit=10");
      for (const { id } of json.data) await service.call("POST", `/runs/${id}/cancel`, {});
      await eventually(async () => {
        const runs = (await service.get("/runs?limit=10")).json.data as { state: string }[];
        return runs.every(({ state }) => state === "cancelled");
      }, 50_000);
      await eventually(() => ![undefined, first].includes(guard()), GONE_MS);
      expect(pids.filter(isAlive)).to.deep.equal([]);
    } finally {
      if (isAlive(first)) process.kill(first, "SIGKILL");
    }
  }).timeout(90_000);

  it("X7: what a service and its guard left when both were killed goes at the next start", async () => {
    const guard = await eventually(() =>
      processesOf("guard-process").find((pid) => parentOf(pid) === service.pid),
    );
    const pids = await startAll();
    process.kill(guard, "SIGSTOP");
    await service.kill9();
    process.kill(guard, "SIGKILL");
    expect(pids.some(isAlive), "or the test shows nothing").to.equal(true);
    await service.startAgain();
    await eventually(() => pids.every((pid) => !isAlive(pid)), GONE_MS);
    expect(readdirSync(join(service.folder, "data", "children"))).to.have.length(1);
  });
});

function processesOf(program: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(program);
      } catch {
        return false;
      }
    });
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
