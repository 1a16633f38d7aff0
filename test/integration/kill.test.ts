// kill -9 in the middle of runs: afterwards every fire that was owed has exactly one row, and no attempt ran twice.
import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/db/open.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";

/** Writes a line when its code starts and one when it ends: what really ran, whatever the rows say. */
const WITNESS = `import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Witness", overlap: "allow_all", retries: { attempts: 3, backoff: "100ms" } }) {
  async execute() {
    const line = (what: string) =>
      appendFileSync(join(this.dataDir, "witness"), [what, this.run.id, this.run.attempt, this.run.fireAt].join(" ") + "\\n");
    line("start");
    await new Promise((resolve) => setTimeout(resolve, 300));
    line("end");
  }
}
`;

onEveryDatabase("kill -9", function (databases) {
  it("S1 X1 X7: no fire is lost or doubled, and no attempt starts twice", async function () {
    this.timeout(90_000);
    const database = await databases.freshUrl();
    const env = { JOBMOUNT_LEASE: "1500ms", JOBMOUNT_HEARTBEAT: "300ms", JOBMOUNT_SWEEP: "300ms" };
    const files = mkdtempSync(join(tmpdir(), "jobmount-witness-"));
    const lines = () => {
      const file = join(files, "default", "witness");
      return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    };
    const service = await Service.start({ jobs: [], database, env: { ...env, JOBMOUNT_FILES_DIR: files } });
    try {
      mkdirSync(join(service.tasks, "witness"), { recursive: true });
      writeFileSync(join(service.tasks, "witness", "job.ts"), WITNESS);
      await eventually(async () => (await service.get("/jobs/witness")).status === 200, 10_000);
      const made = await service.call("POST", "/schedules", {
        job: "witness",
        cron: "* * * * * *",
        catchUp: { policy: "all", windowMs: 3_600_000, max: 100 },
      });
      expect(made.status, made.text).to.equal(201);
      const id = made.json["id"];
      for (let kill = 0; kill < 3; kill++) {
        // In the middle of an attempt: one has said that it starts, and not that it ended.
        const before = lines().length;
        await eventually(() => lines().length > before && lines().at(-1)!.startsWith("start"), 10_000, 5);
        await service.kill9();
        await new Promise((resolve) => setTimeout(resolve, 700));
        await service.startAgain();
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const until = Math.floor(Date.now() / 1000) * 1000;
      await eventually(
        async () => Date.parse((await service.get(`/schedules/${id}`)).json["firedThrough"]) > until,
        5_000,
      );
      await service.call("PATCH", `/schedules/${id}`, { enabled: false }, { "if-match": "*" });
      await eventually(async () => {
        const open = await service.get(`/runs?schedule=${id}&state=queued,running,retrying`);
        return open.json.data.length === 0;
      }, 20_000);
      const schedule = (await service.get(`/schedules/${id}`)).json;
      await service.terminate();

      const opened = await openDatabase({ url: database });
      const rows = await opened.read.all(
        `SELECT id, state, reason, fire_at, fire_through, fire_count, attempt FROM task_runs WHERE schedule_id = '${id}' ORDER BY fire_at`,
      );
      await opened.close();
      // Every second since the schedule was made lies in exactly one row.
      const covered = rows.flatMap((row) => {
        const [from, to] = [Number(row["fire_at"]), Number(row["fire_through"] ?? row["fire_at"])];
        return Array.from({ length: (to - from) / 1000 + 1 }, (_, i) => from + i * 1000);
      });
      const first = covered[0]!;
      expect(covered).to.deep.equal(covered.map((_, i) => first + i * 1000));
      expect(covered.at(-1)).to.be.at.least(until);
      expect(Date.parse(schedule["createdAt"] ?? "")).to.be.within(first - 1_000, first);
      // What the jobs saw: each (run, attempt) started at most once, each success really ended.
      const witness = lines();
      const starts = witness
        .filter((line) => line.startsWith("start"))
        .map((line) => line.split(" ").slice(1, 3).join(" "));
      expect(new Set(starts).size).to.equal(starts.length);
      for (const row of rows.filter((one) => one["state"] === "succeeded")) {
        // A kill between the job's end and its commit repeats the job (X8: it declares retries), so at least one.
        expect(witness.filter((line) => line.startsWith(`end ${String(row["id"])} `))).to.not.have.length(0);
      }
      expect(
        rows.some((row) => Number(row["attempt"]) > 1),
        "a killed attempt was tried again",
      ).to.equal(true);
    } finally {
      await service.stop();
      rmSync(files, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
