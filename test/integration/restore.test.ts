// A backup that was taken while the service ran is put back, and the service goes on from it: no fire runs twice.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { sharedMariadb } from "../support/mariadb.ts";
import { type Json, ROOT, Service } from "../support/service.ts";

const NOTES = `import { appendFileSync } from "node:fs";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Notes", requiredParams: { path: { type: "string" } } }) {
  execute() { appendFileSync(this.params.path, this.run.fireAt + "\\n"); }
}`;

onEveryDatabase("C3: restoring a backup", function (databases) {
  let service: Service;
  let notes: string;
  const noted = () => readFileSync(notes, "utf8").trim().split("\n").filter(Boolean);
  const fires = async (): Promise<Json[]> =>
    ((await service.get("/runs?limit=200")).json.data as Json[]).filter(({ fireAt }) => fireAt !== null);

  after(async () => {
    await service?.stop();
  });

  /** As docs/operations.md says; answers the address of what was restored from it. */
  async function backup(url: string): Promise<() => Promise<string>> {
    const file = join(service.folder, "backup");
    if (databases.name === "sqlite") {
      const verb = [join(ROOT, "bin", "jobmount.mjs"), "backup", file];
      execFileSync(process.execPath, verb, {
        env: { PATH: process.env["PATH"], TASK_DATABASE_URL: url },
        stdio: "pipe",
      });
      return () => Promise.resolve(`sqlite:${file}`);
    }
    const server = new URL(url);
    const client = [`--host=${server.hostname}`, `--port=${server.port}`, `--user=${server.username}`];
    const env = { ...process.env, MYSQL_PWD: decodeURIComponent(server.password) };
    const name = (address: URL) => address.pathname.slice(1);
    const dump = execFileSync("mariadb-dump", [...client, "--single-transaction", name(server)], {
      env,
      maxBuffer: 256 * 1024 * 1024,
    });
    return async () => {
      const fresh = await (await sharedMariadb()).database();
      execFileSync("mariadb", [...client, name(new URL(fresh))], { env, input: dump });
      return fresh;
    };
  }

  it("goes on where the backup ends: what had run stays as it was, what was due since is settled once", async function () {
    this.timeout(90_000);
    const url = await databases.freshUrl();
    service = await Service.start({ jobs: [], database: url });
    notes = join(service.folder, "notes");
    appendFileSync(notes, "");
    mkdirSync(join(service.tasks, "notes"));
    writeFileSync(join(service.tasks, "notes", "job.ts"), NOTES);
    await eventually(async () => (await service.get("/jobs/notes")).json.loadState === "ready", 20_000);
    const made = await service.call("POST", "/schedules", {
      ...{ job: "notes", every: "1s", params: { path: notes }, catchUp: { policy: "all", window: "1h" } },
    });
    expect(made.status, made.text).to.equal(201);
    await eventually(() => noted().length >= 3, 20_000);

    const restore = await backup(url);
    const kept = noted().length;
    await eventually(() => noted().length >= kept + 2, 20_000);
    await service.terminate();

    const restored = await restore();
    writeFileSync(notes, "");
    const { folder } = service;
    service = await Service.start({ folder, database: restored });
    const inBackup = (await fires()).filter(({ state, finishedAt }) => {
      return state === "succeeded" && Date.parse(finishedAt as string) < Date.now();
    });
    const startedAt = new Date().toISOString();
    await eventually(() => noted().some((fireAt) => fireAt > startedAt), 30_000);
    const all = (await fires()).map(({ fireAt }) => fireAt as string);
    expect(new Set(all).size, "each instant has one row").to.equal(all.length);
    const again = noted();
    expect(new Set(again).size, "and ran once").to.equal(again.length);
    const before = inBackup.map(({ fireAt }) => fireAt as string).filter((fireAt) => !again.includes(fireAt));
    expect(before.length, "what the backup knew as done was not done again").to.be.at.least(2);
    const instants = all.map((fireAt) => Date.parse(fireAt)).sort((a, b) => a - b);
    const gaps = instants.slice(1).filter((at, i) => at - instants[i]! !== 1_000);
    expect(gaps, "and none is missing in between").to.deep.equal([]);
  });
});
