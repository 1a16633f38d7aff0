// The small jobs that other suites run: what each of them does is what those suites take for granted.
import { expect } from "chai";
import { isPermanent, retryDelayOf } from "../../src/sdk/errors.ts";
import { Job as Counts } from "../fixtures/external_tasks/counts/job.ts";
import { Job as Echo } from "../fixtures/external_tasks/echo/job.ts";
import { Job as Fails } from "../fixtures/external_tasks/fails/job.ts";
import { Job as KeepsState } from "../fixtures/external_tasks/keeps_state/job.ts";
import { Job as Noop } from "../fixtures/external_tasks/noop/job.ts";
import { Job as Slow } from "../fixtures/external_tasks/slow/job.ts";
import { runJob, WrongParams } from "./run-job.ts";

describe("the small fixture jobs", () => {
  it("noop: X4: returning nothing is a result", async () => {
    const { result } = await runJob(Noop);
    expect(result).to.deep.equal({
      ok: true,
      counts: { processed: 0, success: 0, failed: 0, skipped: 0 },
      details: null,
    });
  });

  it("echo: logs and returns its params, defaults filled in", async () => {
    const given = { text: "hello", many: ["a", "c"], list: ["x"], date: "2026-02-28", json: { a: [1] } };
    const ended = await runJob(Echo, { params: given });
    expect(ended.details).to.deep.include({ ...given, integer: 1, boolean: false });
    expect(ended.logs).to.deep.equal([{ level: "info", text: "echo: hello", fields: { trigger: "manual" } }]);
  });

  it("slow: waits as long as it is told, and X9: ends at once when cancelled", async () => {
    const whole = await runJob(Slow, { params: { ms: 20 } });
    expect(whole.progress).to.have.length(10);
    expect(whole.counts.success).to.equal(1);
    const controller = new AbortController();
    const running = runJob(Slow, { params: { ms: 600_000 }, signal: controller.signal });
    controller.abort();
    expect((await running).thrown).to.have.property("name", "AbortError");
  });

  it("fails: throws an ordinary error, a permanent one, or one for later", async () => {
    const ordinary = await runJob(Fails, { params: { message: "as asked" } });
    expect(ordinary.thrown).to.have.property("message", "as asked");
    expect(isPermanent(ordinary.thrown)).to.be.false;
    expect(isPermanent((await runJob(Fails, { params: { permanent: true } })).thrown)).to.be.true;
    expect(retryDelayOf((await runJob(Fails, { params: { retryLater: "2s" } })).thrown)).to.equal(2_000);
    const third = await runJob(Fails, { params: { attempts: 2 }, run: { attempt: 3 } });
    expect(third.details).to.deep.equal({ attempt: 3 });
    const both = await runJob(Fails, { params: { permanent: true, retryLater: "2s" } }).catch(
      (e: unknown) => e,
    );
    expect(both).to.be.instanceOf(WrongParams);
  });

  it("counts: X6: ends with the same counts in every spelling", async () => {
    for (const how of ["records", "returned", "records_"]) {
      const ended = await runJob(Counts, { params: { success: 3, failed: 2, skipped: 1, how } });
      expect(ended.counts, how).to.deep.equal({ processed: 6, success: 3, failed: 2, skipped: 1 });
      expect(ended.failed).to.have.length(how === "records" ? 2 : 0);
    }
  });

  it("keeps_state: counts its attempts, also those that fail, and forgets when told", async () => {
    const first = await runJob(KeepsState);
    const second = await runJob(KeepsState, { state: first.state, params: { fail: true } });
    expect(second.thrown).to.have.property("message", "failed after attempt 2 was counted");
    const third = await runJob(KeepsState, { state: second.state, params: { forget: true } });
    expect(third.details).to.deep.equal({ attempts: 3 });
    expect(third.state.size).to.equal(0);
  });
});
