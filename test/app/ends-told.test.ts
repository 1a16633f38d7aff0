// Every end of a run is counted and told once, as the state that its row has.
import { expect } from "chai";
import { EndsTold } from "../../src/app/ends-told.ts";
import { Metrics } from "../../src/app/metrics.ts";
import { silentLogger } from "../../src/log.ts";
import { type FinishedNotice, Notices } from "../../src/runs/notices.ts";
import type { ClaimedRun } from "../../src/runs/store.ts";
import type { TaskRun } from "../../src/runs/task-run.ts";
import { finishOf } from "../contract/make.ts";

describe("what is told of ends", () => {
  const run = {
    id: "run_1",
    attempt: 1,
    source: "default",
    jobKey: "job",
    scheduleId: "sch_1",
    trigger: "schedule",
    startedAt: 1,
    availableAt: 1,
  };
  const records = { processed: 3, success: 1, failed: 2, skipped: 0 };

  function rig(row?: Partial<TaskRun>) {
    const metrics = new Metrics({
      running: () => 0,
      queued: () => Promise.resolve(0),
      loadErrors: () => [],
      beatAgeMs: () => 0,
      skipped: () => Promise.resolve(new Map()),
      tasks: () => Promise.resolve([]),
    });
    const told: FinishedNotice[] = [];
    const notices = new Notices();
    notices.listen((notice) => told.push(notice));
    const failed: string[] = [];
    const ends = new EndsTold({
      byId: () => Promise.resolve(row && ({ ...run, records, finishedAt: 5_000, ...row } as TaskRun)),
      metrics,
      notices,
      failed: (scheduleId) => failed.push(scheduleId),
      logs: true,
      log: silentLogger,
    });
    const counted = async () =>
      (await metrics.text()).split("\n").filter((line) => line.startsWith("jobmount_runs_total{"));
    return { ends, told, failed, counted, text: () => metrics.text() };
  }
  const line = (state: string) =>
    `jobmount_runs_total{task="job",source="default",state="${state}",trigger="schedule"} 1`;

  it("a run that was cancelled while it ended is counted and told as cancelled", async () => {
    const { ends, told, failed, counted } = rig();
    ends.finished(finishOf(run, { to: "failed", reason: "error" }), "cancelled", run as ClaimedRun);
    expect(await counted()).to.deep.equal([line("cancelled")]);
    expect(told.map(({ state }) => state)).to.deep.equal(["cancelled"]);
    expect(failed).to.deep.equal([]);
  });

  it("an end that came too late is no end of the run", async () => {
    const { ends, told, failed, counted } = rig();
    ends.finished(finishOf(run, { to: "failed", reason: "error" }), "late", run as ClaimedRun);
    expect([await counted(), told, failed]).to.deep.equal([[], [], []]);
  });

  it("a run that was lost, or whose end was brought in from a file, is counted, told and may pause its schedule", async () => {
    const lost = rig({ state: "failed", reason: "lost" });
    await lost.ends.ofAnother("run_1");
    expect(await lost.counted()).to.deep.equal([line("failed")]);
    expect(lost.told).to.deep.equal([{ runId: "run_1", source: "default", jobKey: "job", state: "failed" }]);
    expect(lost.failed).to.deep.equal(["sch_1"]);
    const done = rig({ state: "succeeded" });
    await done.ends.ofAnother("run_1");
    expect(await done.counted()).to.deep.equal([line("succeeded")]);
    expect(await done.text()).to.contain(
      'jobmount_task_last_success_timestamp_seconds{task="job",source="default"} 5',
    );
    expect(done.failed).to.deep.equal([]);
  });

  it("one that is to be tried again is told, and not counted", async () => {
    const { ends, told, counted } = rig({ state: "retrying" });
    await ends.ofAnother("run_1");
    expect([await counted(), told.map(({ state }) => state)]).to.deep.equal([[], ["retrying"]]);
  });
});
