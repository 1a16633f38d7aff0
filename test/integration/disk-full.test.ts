// A disk that is full: nothing can be written, and whoever asks hears it at once; once there is room again, all is well.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { canRun } from "../support/left-out.ts";
import { Service } from "../support/service.ts";

const MOUNT = ["--mount", "--propagation", "private"];

/** Why no disk of a given size can be made here, or null. */
function refused(): string | null {
  try {
    execFileSync("unshare", [...MOUNT, "mount", "-t", "tmpfs", "none", "/mnt"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return null;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim();
  }
}

describe("a full disk under the database", function () {
  this.timeout(120_000);
  const why = refused();
  let service: Service;
  let folder: string;
  /** The disk as the service sees it. */
  const inside = (name: string) => `/proc/${service.pid}/root${join(folder, "data", name)}`;
  const fill = () => {
    for (const size of [1 << 16, 1 << 12, 1]) {
      const block = Buffer.alloc(size);
      try {
        for (let n = 0; ; n++) writeFileSync(inside("filling"), block, { flag: "a" });
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).to.equal("ENOSPC");
      }
    }
  };
  const checks = async () => {
    const { status, json } = await service.call("GET", "/readyz");
    const wrong = json.checks.filter((check: { ok: boolean }) => !check.ok);
    return { status, wrong: wrong.map((check: { name: string }) => check.name) };
  };
  const trigger = () => service.call("POST", "/jobs/greet/runs", { params: {} });

  before(async function () {
    const what = "a disk of a given size under the database";
    if (!canRun(what, why === null ? null : `the kernel refuses mounts here (${why})`)) this.skip();
    folder = mkdtempSync(join(tmpdir(), "jobmount-full-"));
    for (const name of ["data", "external_tasks/greet"]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(
      join(folder, "external_tasks", "greet", "job.ts"),
      'import { defineJob } from "jobmount";\nexport class Job extends defineJob({ name: "Greet" }) { execute() {} }\n',
    );
    const script = 'mount -t tmpfs -o size=6m tmpfs "$0" && exec "$@"';
    service = await Service.start({
      folder,
      wrap: ["unshare", ...MOUNT, "sh", "-c", script, join(folder, "data")],
    });
  });
  after(async () => {
    await service?.kill9();
    if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it("A6: /readyz tells of database and spool within 10 s, the log says it once, and both are well once there is room", async () => {
    await eventually(async () => (await trigger()).status === 202, 20_000);
    await eventually(async () => (await checks()).status === 200, 20_000);
    fill();
    const full = Date.now();
    const answer = await trigger();
    expect([answer.status, answer.json.code]).to.deep.equal([503, "database_away"]);
    const wrong = await eventually(async () => {
      const now = await checks();
      return now.wrong.length === 2 ? (now.wrong as string[]) : undefined;
    }, 20_000);
    expect(Date.now() - full).to.be.below(10_000);
    expect(wrong).to.have.members(["database", "spool"]);
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      expect((await checks()).status).to.equal(503);
    }
    const warned = /^\S+ (?:warn|error) +(.*?)(?: \w+=|$)/gm;
    const said = [...service.output.matchAll(warned)].map(([, sentence]) => sentence);
    expect(said).to.include("the database takes no writes");
    expect(said, service.output).to.deep.equal([...new Set(said)]);
    rmSync(inside("filling"));
    await eventually(async () => (await checks()).status === 200, 20_000);
    expect((await trigger()).status).to.equal(202);
    expect(service.output).to.include("the database takes writes again");
  });

  it("S3: a fire that a full disk cost says so, in its row and in its explanation; the process was up all the while", async () => {
    const fields = { job: "greet", every: "1s", overlap: "allow_all", catchUp: { policy: "skip" } };
    const { id } = (await service.call("POST", "/schedules", fields)).json;
    const rows = async () =>
      (await service.call("GET", `/runs?schedule=${id}&limit=50`)).json.data as {
        state: string;
        reason: string | null;
        cause: string;
      }[];
    await eventually(async () => (await rows()).some(({ state }) => state === "succeeded"), 20_000);
    fill();
    const full = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 14_000));
    rmSync(inside("filling"));
    const missed = await eventually(
      async () => (await rows()).find(({ reason }) => reason === "missed"),
      20_000,
    );
    expect(missed.cause).to.match(
      /; since \S+ \S+ \S+ the service could not write to its database: .*SQLITE_FULL.*$/,
    );
    const at = new Date(Math.floor(full / 1000) * 1000 + 3_000).toISOString();
    const path = `/schedules/${id}/explain?at=${encodeURIComponent(at)}`;
    const told = await eventually(async () => {
      const { json } = await service.call("GET", path);
      return json.downtime ? json : undefined;
    }, 10_000);
    expect(told.lines.join(" "))
      .to.match(/The service could not write to its database from .* to .*SQLITE_FULL/)
      .and.not.include("stalled");
    await service.call("DELETE", `/schedules/${id}`);
  });
});
