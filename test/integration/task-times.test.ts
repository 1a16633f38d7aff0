// Whoever watches /metrics must not lose sight of a job because the service was started again, or because another ran it.
import { expect } from "chai";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, Service } from "../support/service.ts";

onEveryDatabase("the times of tasks in the metrics", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(90_000);
    service = await Service.start({ jobs: ["counts", "fails"], database: await databases.freshUrl() });
  });
  after(() => service.stop());

  const metrics = async () => {
    const answer = await fetch(`${service.url}/metrics`, {
      headers: { authorization: `Bearer ${service.token}` },
    });
    expect(answer.status).to.equal(200);
    return answer.text();
  };
  const valueOf = (text: string, name: string, labels: string) => {
    const line = text.split("\n").find((one) => one.startsWith(`${name}{`) && one.includes(labels));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
  const SUCCESS = "jobmount_task_last_success_timestamp_seconds";

  it("a task that comes later has its counters, too", async function () {
    this.timeout(60_000);
    cpSync(join(ROOT, "test/fixtures/external_tasks/noop"), join(service.tasks, "noop"), { recursive: true });
    await eventually(async () => (await metrics()).includes('jobmount_runs_total{task="noop"'), 20_000);
  });

  it("tell the last success and what is due of a service that was killed, and every counter begins with 0", async function () {
    this.timeout(90_000);
    const before = await metrics();
    const failed = (text: string, task: string) =>
      valueOf(
        text,
        "jobmount_runs_total",
        `task="${task}",source="default",state="failed",trigger="schedule"`,
      );
    expect([failed(before, "counts"), failed(before, "fails")]).to.deep.equal([0, 0]);
    expect(valueOf(before, SUCCESS, 'task="counts"')).to.equal(undefined);
    const run = await service.run("counts");
    await service.run("fails");
    await service.call("POST", "/schedules", { job: "counts", cron: "0 2 * * *", timeZone: "UTC" });
    const finishedAt = Date.parse(run["finishedAt"]) / 1000;
    expect(valueOf(await metrics(), SUCCESS, 'task="counts"')).to.equal(finishedAt);

    await service.kill9();
    await service.startAgain();
    const text = await eventually(async () => {
      const now = await metrics();
      return failed(now, "counts") === 0 ? now : undefined;
    }, 20_000);
    expect(valueOf(text, SUCCESS, 'task="counts"')).to.equal(finishedAt);
    expect(valueOf(text, SUCCESS, 'task="fails"')).to.equal(undefined);
    const due = valueOf(text, "jobmount_task_success_due_timestamp_seconds", 'task="counts"')!;
    const night = new Date();
    night.setUTCHours(2, 0, 0, 0);
    if (night.getTime() / 1000 <= finishedAt) night.setUTCDate(night.getUTCDate() + 1);
    const spec = (await service.get("/jobs/counts")).json;
    expect(due).to.equal((night.getTime() + spec.timeoutMs) / 1000);
  });
});
