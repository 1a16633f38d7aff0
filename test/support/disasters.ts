// The disasters of test/fixtures/disasters, and what each of them has to end as.
import { expect } from "chai";
import type { Json } from "./service.ts";

/** Goes to the job that tells it to everybody. */
export const SECRET = 'canary "of" the/table?&=%+é-0123456789';

export interface AtImport {
  job: string;
  code: string;
  sentence: RegExp;
}

export const AT_IMPORT: readonly AtImport[] = [
  { job: "syntax_error", code: "syntax", sentence: /^Expected "\]" but found ";"$/ },
  {
    job: "throws_at_import",
    code: "E130",
    sentence: /^loading the module threw SyntaxError: Expected property name/,
  },
  { job: "loops_at_import", code: "E131", sentence: /^loading the module took longer than 10000 ms$/ },
  {
    job: "awaits_for_ever_at_import",
    code: "E132",
    sentence:
      /^the process that loaded the module ended with exit code \d+: a top-level await waits for nothing that could still happen$/,
  },
  {
    job: "exits_at_import",
    code: "E132",
    sentence:
      /^the process that loaded the module ended with exit code 0: process.exit was called at its top level$/,
  },
];

export interface AtRun {
  job: string;
  params?: Record<string, unknown>;
  state: "succeeded" | "failed";
  reason?: string;
  /** What `cause` says; none for a success without a word. */
  sentence?: RegExp;
  check?(run: Json, logs: readonly Json[]): void;
}

const failed = (job: string, reason: string, sentence: RegExp, check?: AtRun["check"]): AtRun => ({
  job,
  state: "failed",
  reason,
  sentence,
  check,
});
const succeeded = (job: string, check?: AtRun["check"]): AtRun => ({ job, state: "succeeded", check });
const invalid = (job: string, sentence: RegExp, result: unknown): AtRun =>
  failed(job, "invalid_result", sentence, (run) => expect(run["result"]).to.deep.equal(result));

const texts = (logs: readonly Json[]) => logs.map((line) => line["text"]);
const signals = (run: Json) => run.attempts[0].steps.map((step: Json) => step["signal"]);
const isEmpty = (run: Json) => expect(run.attempts[0]["groupEmptyAt"]).to.be.a("string");

const notMessages = (fault: string) =>
  new RegExp(`^wrote something else than messages to its pipe: ${fault}$`);
const brokenMessage = (kind: string) => notMessages(`a broken or too large message of the kind ${kind}`);

export const AT_RUN: readonly AtRun[] = [
  // The long ones first, so that they are over with the others.
  succeeded("writes_1_gb", (run) => {
    expect(run["result"]).to.deep.equal({ wrote: 1_000_000_000 });
    expect(run.log["bytes"]).to.be.within(100_000, 256 * 1024);
    expect(run.log["droppedBytes"]).to.be.greaterThan(980_000_000);
  }),
  {
    job: "floods_with_messages",
    state: "succeeded",
    sentence: /^succeeded, 100000 records failed$/,
    check: (run) => {
      expect(run["records"]).to.include({ processed: 300_000, failed: 100_000 });
      expect(run.log["droppedBytes"]).to.be.greaterThan(1_000_000);
    },
  },
  failed(
    "fork_bomb",
    "too_many_processes",
    /^killed: had \d+ processes at a time, limit 24 \(JOBMOUNT_JOB_PROCESSES\)$/,
    isEmpty,
  ),
  failed(
    "traps_sigterm",
    "timeout",
    /^timed out after 1s; ignored SIGTERM, killed \(timeout: in defineJob\)$/,
    (run, logs) => {
      expect(signals(run)).to.deep.equal(["abort", "SIGTERM", "SIGKILL"]);
      expect(texts(logs)).to.deep.equal(["not now"]);
      isEmpty(run);
    },
  ),
  failed("loops_for_ever", "timeout", /^timed out after 1s; .*\(timeout: in defineJob\)$/, (run, logs) => {
    expect(texts(logs)).to.deep.equal(["counting"]);
    isEmpty(run);
  }),
  succeeded("writes_one_long_line", (_run, logs) => {
    expect(logs).to.have.length(1);
    expect(logs[0]["text"]).to.match(/^y{16384}… \(cut, 3\d{8} characters\)$/);
  }),
  failed(
    "heap_bomb",
    "out_of_memory",
    /^(killed: used \d+ MiB|ended: its JavaScript heap was full), limit 128 MiB \(memory: in defineJob\)$/,
    isEmpty,
  ),
  failed(
    "buffer_bomb",
    "out_of_memory",
    // Where nobody gets a core in time, the engine gives up before the service has looked.
    /^(killed: used \d+ MiB, limit 128 MiB \(memory: in defineJob\)|ended: its JavaScript heap was full, .*)$/,
    isEmpty,
  ),
  failed(
    "exits_with_0",
    "no_result",
    /^the process ended by itself before execute returned: process.exit was called; last line: half of it is done$/,
  ),
  failed(
    "exits_with_3",
    "crash",
    /^ended with exit code 3 before returning a result; last line: the disk is full$/,
    (run) => expect(run.attempts[0]["exitCode"]).to.equal(3),
  ),
  succeeded("exits_after_its_result", (run) => expect(run.records["success"]).to.equal(2)),
  succeeded("leaves_a_daemon", isEmpty),
  succeeded("leaves_stdout_open", isEmpty),
  failed(
    "never_settles",
    "no_result",
    /^the process ended by itself before execute returned: it waited for nothing that could still happen; last line: waiting$/,
  ),
  failed(
    "rejects_unhandled",
    "error",
    /^unhandled rejection: nobody looked \(rejects_unhandled\/job.ts:6\)$/,
    (run) => expect(run.error).to.include({ file: "rejects_unhandled/job.ts", line: 6 }),
  ),
  failed("throws_null", "error", /^null was thrown instead of an Error$/),
  failed("throws_frozen", "error", /^frozen$/),
  failed("throws_a_trap", "error", /^an object was thrown instead of an Error$/),
  invalid("returns_nan", /^the result at \/processed is not valid: /, { processed: "NaN" }),
  invalid(
    "returns_minus_1",
    /^the result at \/failed is not valid: "failed" is -1; it is a number of records/,
    { failed: -1 },
  ),
  invalid("returns_1_5", /^the result at \/success is not valid: "success" is 1.5; /, { success: 1.5 }),
  invalid("returns_a_text", /^the result at \/processed is not valid: "processed" is "5"; /, {
    processed: "5",
  }),
  invalid(
    "returns_2_to_the_60",
    /^the result at \/processed is not valid: "processed" is 1152921504606847000; /,
    { processed: 2 ** 60 },
  ),
  invalid("returns_a_bigint", /^the result at \/rows is not valid: /, { rows: "5" }),
  invalid("returns_a_circle", /^the result at \/order\/lines\/0\/order is not valid: /, {
    order: { lines: [{ order: "[circular]" }] },
  }),
  failed(
    "returns_100_mb",
    "invalid_result",
    /^the result .*is not valid: .*write large results to a file under this.dataDir/,
  ),
  invalid(
    "breaks_its_schema",
    /^the result at \/orders\/1\/total is not valid: does not fit the job's resultSchema: /,
    {
      orders: [{ total: 1 }, { total: "two" }],
    },
  ),
  failed(
    "gives_two_results",
    "protocol",
    /^wrote something else than messages to its pipe: ".*" after the end of the attempt$/,
    (run) => expect(run.records["success"]).to.equal(0),
  ),
  failed(
    "forges_messages",
    "protocol",
    /^wrote something else than messages to its pipe: a broken or too large message of the kind records$/,
  ),
  failed("forges_a_line", "protocol", brokenMessage("log"), (_run, logs) =>
    expect(texts(logs)).to.deep.equal([]),
  ),
  failed("forges_a_value", "protocol", brokenMessage("state")),
  failed("forges_progress", "protocol", brokenMessage("progress"), (run) =>
    expect(run["progress"]).to.equal(null),
  ),
  failed("forges_its_rest", "protocol", notMessages("idle before the end of the attempt")),
  succeeded("speaks_for_itself", (run, logs) => {
    expect(run["records"]).to.deep.equal({ processed: 2, success: 2, failed: 0, skipped: 0 });
    expect(run["progress"]).to.deep.equal({ percent: 42, message: "forged" });
    // It stands in the log of its own run alone, under the number of its own attempt.
    expect(logs).to.have.length(1);
    expect(logs[0]).to.deep.include({
      attempt: 1,
      level: "error",
      stream: "stderr",
      text: "\u001b[2Jthe service is down",
      fields: { attempt: 99 },
    });
  }),
  failed(
    "writes_random_bytes",
    "protocol",
    notMessages(
      "(bytes on the pipe on which it is told|a frame of \\d+ bytes was announced; at most 1048576 are allowed)",
    ),
  ),
  succeeded("works_after_its_result", (run, logs) => {
    // What it wrote to the descriptor itself until it was ended is its own, and no other's.
    expect(logs.filter((line) => line["stream"] !== "stdout" || line["text"] !== "still here")).to.deep.equal(
      [],
    );
    expect(run.records["failed"]).to.equal(0);
    isEmpty(run);
  }),
  {
    ...failed("tells_its_secret", "error", /^with \*\*\* \(tells_its_secret\/job.ts:\d+\)$/),
    params: { token: SECRET },
  },
];
