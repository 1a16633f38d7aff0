// The heartbeat.
import { expect } from "chai";
import { Job } from "../../external_tasks/heartbeat/job.ts";
import { definedMark } from "../../src/sdk/job.ts";
import { runJob } from "./run-job.ts";

describe("heartbeat", () => {
  it("makes one record with progress up to 100 and counts its beats", async () => {
    const fireAt = new Date(Date.now() - 40).toISOString();
    const first = await runJob(Job, { params: { seconds: 0 }, run: { fireAt } });
    expect(first.counts).to.deep.equal({ processed: 1, success: 1, failed: 0, skipped: 0 });
    expect(first.progress.map(({ percent }) => percent)).to.deep.equal([20, 40, 60, 80, 100]);
    expect(first.details["beats"]).to.equal(1);
    expect(first.details["lateMs"]).to.be.within(40, 10_000);
    expect(first.logs[0]!.text).to.match(/^beat 1, \d+ ms after its time$/);

    const second = await runJob(Job, { params: { seconds: 0 }, state: first.state });
    expect(second.details).to.deep.equal({ beats: 2, lateMs: null });
  });

  it("suggests a schedule for every minute", () => {
    expect(definedMark(Job)?.definition).to.have.deep.property("schedules", [
      { name: "Every minute", cron: "* * * * *", timeZone: "UTC" },
    ]);
  });
});
