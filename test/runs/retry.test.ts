// What becomes of a run when an attempt has ended.
import { expect } from "chai";
import { judge } from "../../src/runs/attempt-end.ts";
import { type AttemptEnd, decide } from "../../src/runs/retry.ts";

const RETRIES = { attempts: 4, backoffMs: 1_000, factor: 2, maxMs: 3_000 };
const failed = (more: Partial<Extract<AttemptEnd, { kind: "failed" }>> = {}): AttemptEnd => ({
  kind: "failed",
  reason: "error",
  permanent: false,
  retryAfterMs: null,
  ...more,
});

describe("retry decision", () => {
  const rows: [string, AttemptEnd, number, object][] = [
    ["a success is final", { kind: "succeeded" }, 0, { to: "succeeded", triesUsed: 1 }],
    [
      "a first failure waits the back-off",
      failed(),
      0,
      { to: "retrying", triesUsed: 1, availableAt: 11_000 },
    ],
    ["a second one waits longer", failed(), 1, { to: "retrying", triesUsed: 2, availableAt: 12_000 }],
    ["a wait is capped", failed(), 2, { to: "retrying", triesUsed: 3, availableAt: 13_000 }],
    ["the last try is final", failed(), 3, { to: "failed", triesUsed: 4 }],
    ["X8: PermanentError stops retries", failed({ permanent: true }), 0, { to: "failed", triesUsed: 1 }],
    [
      "RetryLater says when",
      failed({ retryAfterMs: 500 }),
      0,
      { to: "retrying", triesUsed: 1, availableAt: 10_500 },
    ],
    ["load is not tried again", failed({ reason: "load" }), 0, { to: "failed", triesUsed: 1 }],
    ["params are not tried again", failed({ reason: "params" }), 0, { to: "failed", triesUsed: 1 }],
    [
      "an invalid result is not tried again",
      failed({ reason: "invalid_result" }),
      0,
      { to: "failed", triesUsed: 1 },
    ],
    [
      "X8: given back uses no try",
      { kind: "given_back" },
      2,
      { to: "queued", triesUsed: 2, availableAt: 10_000 },
    ],
    ["a cancel is final", { kind: "cancelled", reason: "user" }, 0, { to: "cancelled", triesUsed: 1 }],
  ];
  for (const [what, end, used, expected] of rows) {
    it(what, () => expect(decide(end, used, RETRIES, 10_000, 0)).to.deep.equal(expected));
  }

  it("jitter lengthens a wait by a tenth at most", () => {
    const decision = decide(failed(), 0, RETRIES, 10_000, 0.999);
    expect(decision).to.have.property("availableAt").within(11_000, 11_100);
  });
});

describe("judging the counts of an attempt (X6)", () => {
  const counts = (processed: number, failedRecords: number) => ({
    processed,
    success: processed - failedRecords,
    failed: failedRecords,
    skipped: 0,
  });
  const rows: [string, ReturnType<typeof counts>, number, string | null, RegExp | null][] = [
    ["nothing processed is a success", counts(0, 0), 1, null, null],
    ["some failed is a success that says so", counts(10, 2), 1, null, /^succeeded, 2 records failed$/],
    ["all failed is a failure", counts(3, 3), 1, "all_records_failed", /^all 3 records failed$/],
    ["one of one failed", counts(1, 1), 1, "all_records_failed", /^the only record failed$/],
    ["just the allowed share", counts(10, 1), 0.1, null, /1 record failed/],
    [
      "above the allowed share",
      counts(10, 2),
      0.1,
      "too_many_failed",
      /^2 records of 10 failed \(20 %\); at most 10 % may$/,
    ],
    ["no failure allowed", counts(1000, 1), 0, "too_many_failed", /0\.1 %/],
  ];
  for (const [what, given, share, reason, cause] of rows) {
    it(what, () => {
      const judged = judge(given, share);
      expect(judged.failed).to.equal(reason);
      if (cause) expect(judged.cause).to.match(cause);
      else expect(judged.cause).to.equal(null);
    });
  }
});
