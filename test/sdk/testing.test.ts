// testJob, what `jobmount/testing` is: one attempt in a unit test, judged as the service would judge it.
import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "../../src/runs/attempt-end.ts";
import { defineJob, PermanentError, RetryLater } from "../../src/sdk/index.ts";
import { testJob } from "../../src/sdk/testing.ts";

class Members extends defineJob({
  name: "Members",
  requiredParams: { token: { type: "password" } },
  optionalParams: {
    size: { type: "integer", default: 2, min: 1 },
    kinds: { type: "select", options: ["a", "b"], multiple: true },
  },
  files: ["*.csv"],
  retries: { attempts: 3 },
}) {
  execute() {
    const { token, size } = this.params;
    for (let i = 0; i < size; i++) this.records.success();
    this.records.failed("x", new Error("no such member"));
    this.records.skipped();
    this.log.info("done", { tokenLength: token.length });
    this.progress(40, "half");
    this.progress(130);
    this.state.set("runs", (this.state.get<number>("runs") ?? 0) + 1);
    return { token: "hidden", attempt: this.run.attempt };
  }
}

const rejected = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail("it did not reject"),
    (error: Error) => error,
  );

describe("testJob", () => {
  it("answers outcome, records, logs, progress, state and result of one attempt", async () => {
    const run = await testJob(Members, { params: { token: "abcd" }, state: { runs: 4, other: true } });
    expect(run).to.deep.equal({
      outcome: "succeeded",
      reason: null,
      cause: null,
      error: undefined,
      wouldRetry: false,
      result: { token: "hidden", attempt: 1 },
      records: { processed: 4, success: 2, failed: 1, skipped: 1 },
      failedRecords: [{ key: "x", reason: "no such member" }],
      logs: [{ level: "info", text: "done", fields: { tokenLength: 4 } }],
      progress: [
        { percent: 40, message: "half" },
        { percent: 100, message: null },
      ],
      state: { runs: 5, other: true },
    });
    const third = await testJob(Members, { params: { token: "abcd", size: 1 }, run: { attempt: 3 } });
    expect(third.result).to.deep.include({ attempt: 3 });
  });

  it("the types of params are those of the job", () => {
    // @ts-expect-error size is a number
    void testJob(Members, { params: { token: "abcd", size: "2" } }).catch(() => undefined);
    // @ts-expect-error there is no such param
    void testJob(Members, { params: { tokken: "abcd" } }).catch(() => undefined);
  });

  it("rejects params that a trigger would refuse, all of them at once and without the secret", async () => {
    const given = { token: 12345678, size: 0, kinds: ["c"] } as unknown as { token: string };
    const { message } = await rejected(testJob(Members, { params: given }));
    expect(message).to.contain("token: ").and.to.contain("size: ").and.to.contain("kinds");
    expect(message).not.to.contain("12345678");
    expect((await rejected(testJob(Members))).message).to.contain("token: is required");
  });

  it("rejects a job that would not load, with the code and what to do", async () => {
    class Wrong extends defineJob({ name: "", timeout: "soon" as never }) {
      execute(): void {}
    }
    const { message } = await rejected(testJob(Wrong));
    expect(message).to.match(/^the job would not load:\nE0\d\d /);
    class NotOurs {
      readonly params = {};
      execute(): void {}
    }
    expect((await rejected(testJob(NotOurs))).message).to.contain("defineJob");
  });

  it("what execute throws is the outcome, and whether a service would try again", async () => {
    class Throws extends defineJob({
      name: "Throws",
      optionalParams: { how: { type: "string", default: "error" } },
      retries: { attempts: 2 },
    }) {
      execute() {
        this.log.warn("before");
        if (this.params.how === "permanent") throw new PermanentError("closed");
        if (this.params.how === "later") throw new RetryLater("1m", "busy");
        throw new Error("broke");
      }
    }
    const error = await testJob(Throws);
    expect(error).to.deep.include({ outcome: "failed", reason: "error", wouldRetry: true });
    expect(error.cause).to.contain("broke");
    expect((error.error as Error).message).to.equal("broke");
    expect(error.logs).to.have.length(1);
    expect((await testJob(Throws, { params: { how: "later" } })).wouldRetry).to.equal(true);
    expect((await testJob(Throws, { params: { how: "permanent" } })).wouldRetry).to.equal(false);
    expect((await testJob(Throws, { run: { attempt: 2 } })).wouldRetry, "the last try").to.equal(false);
  });

  it("a result that breaks the contract is invalid_result", async () => {
    class Returns extends defineJob({ name: "Returns", resultSchema: { type: "object", required: ["id"] } }) {
      execute() {
        return { other: 1 };
      }
    }
    const run = await testJob(Returns);
    expect(run).to.deep.include({ outcome: "failed", reason: "invalid_result" });
    expect(run.cause).to.contain("resultSchema");
  });

  it("X6: judges the counts as the service does", async () => {
    for (const share of [0, 0.1, 0.5, 1]) {
      for (const [processed, failed] of [
        [0, 0],
        [1, 1],
        [10, 0],
        [10, 1],
        [10, 2],
        [10, 5],
        [10, 9],
        [10, 10],
      ] as const) {
        class Counts extends defineJob({ name: "Counts", maxFailedShare: share }) {
          execute() {
            return { processed, failed, success: processed - failed };
          }
        }
        const run = await testJob(Counts);
        const judged = judge(run.records, share).failed;
        expect(run.reason, `${failed} of ${processed}, ${share}`).to.equal(judged);
        expect(run.outcome).to.equal(judged ? "failed" : "succeeded");
      }
    }
  });

  it("an aborted signal makes it cancelled, whatever the job does then", async () => {
    let begun: () => void;
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    class Waits extends defineJob({ name: "Waits" }) {
      async execute() {
        begun();
        await new Promise((resolve) => this.signal.addEventListener("abort", resolve, { once: true }));
        this.records.success();
      }
    }
    const abort = new AbortController();
    const running = testJob(Waits, { signal: abort.signal });
    await beginning;
    abort.abort();
    const run = await running;
    expect(run).to.deep.include({ outcome: "cancelled", reason: "user" });
    expect(run.records.success).to.equal(1);
    const never = await testJob(Waits, { signal: AbortSignal.abort() });
    expect(never).to.deep.include({ outcome: "cancelled" });
    expect(never.records.success, "it never began").to.equal(0);
  });

  it("gives a temporary folder that goes, a data folder that may stay, and the files that `files` matches", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jobmount-testing-"));
    try {
      writeFileSync(join(folder, "rows.csv"), "1");
      writeFileSync(join(folder, "other.txt"), "2");
      class Files extends defineJob({
        name: "Files",
        files: ["*.csv"],
        optionalParams: { name: { type: "string", default: "rows.csv" } },
      }) {
        execute() {
          writeFileSync(join(this.tempDir, "a"), "a");
          writeFileSync(join(this.dataDir, "b"), "b");
          return { text: readFileSync(this.file(this.params.name), "utf8"), temp: this.tempDir };
        }
      }
      const run = await testJob(Files, { folder, dataDir: folder });
      expect(run.outcome, String(run.cause)).to.equal("succeeded");
      const { text, temp } = run.result as { text: string; temp: string };
      expect(text).to.equal("1");
      expect(existsSync(temp)).to.equal(false);
      expect(existsSync(join(folder, "b"))).to.equal(true);
      for (const name of ["other.txt", "none.csv", "../rows.csv"]) {
        const other = await testJob(Files, { folder, dataDir: folder, params: { name } });
        expect(other.cause, name).to.contain(`this version has no file "${name}"`);
        expect(other.error).to.be.instanceOf(PermanentError);
      }
      expect((await testJob(Files, { dataDir: folder })).cause).to.contain("import.meta.dirname");
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
