// X5: what an export would leave out because it waits in files: it is refused until a service has brought it in.
import { expect } from "chai";
import Libsql from "libsql";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";
import { type Ended, jobmount } from "../cli/jobmount.ts";

const WAITS = `import { existsSync } from "node:fs";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Waits", requiredParams: { go: { type: "string" } } }) {
  async execute() { while (!existsSync(this.params.go)) await new Promise((done) => setTimeout(done, 20)); this.records.success(7); }
}`;

describe("jobmount export", function () {
  this.timeout(90_000);
  let service: Service;
  after(() => service?.stop());
  const exported = (): Promise<Ended> => jobmount(["export"], { cwd: service.folder });

  it("is refused while the end of a run waits in a file, and holds that end once the service was back", async () => {
    service = await Service.start({ jobs: [] });
    mkdirSync(join(service.tasks, "waits"));
    writeFileSync(join(service.tasks, "waits", "job.ts"), WAITS);
    await eventually(async () => (await service.get("/jobs/waits")).status === 200, 20_000);
    const go = join(service.folder, "go");
    const made = await service.call("POST", "/jobs/waits/runs", { params: { go } });
    expect(made.status, made.text).to.equal(202);
    const { id } = made.json;
    await eventually(async () => (await service.get(`/runs/${id}`)).json.state === "running", 20_000);

    // The file is another's to write until the service is dead: the end of the run can only go into a file.
    const data = join(service.folder, "data");
    const other = new Libsql(join(data, "jobmount.db"), { timeout: 10_000 });
    other.exec("BEGIN IMMEDIATE");
    writeFileSync(go, "");
    const waiting = () =>
      readdirSync(join(data, "spool")).flatMap((name) => readdirSync(join(data, "spool", name)));
    await eventually(
      () => existsSync(join(data, "spool")) && waiting().some((name) => name.endsWith(".ends")),
      60_000,
    );
    await service.kill9();
    other.exec("ROLLBACK");
    // As if half a minute had gone by since the kill: nobody is at work on it.
    other.exec("UPDATE up_times SET beaten_at = beaten_at - 60000");
    other.close();

    const refused = await exported();
    expect(refused.code, refused.stdout.slice(0, 200)).to.equal(4);
    expect(refused.stdout).to.equal("");
    expect(refused.stderr).to.include("a file in").and.include("hold ends of runs").and.include("/readyz");

    await service.startAgain();
    await eventually(async () => (await service.get(`/runs/${id}`)).json.state === "succeeded", 20_000);
    expect(await service.terminate()).to.equal(0);
    const whole = await exported();
    expect(whole.code, whole.stderr).to.equal(0);
    expect(whole.stdout).to.include(id);
  });
});
