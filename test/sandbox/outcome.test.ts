// One outcome out of what the child told and how it ended; and frames that nobody can forge into a crash of ours.
import { expect } from "chai";
import { encodeFrame, FrameDecoder, FrameError } from "../../src/sandbox/frames.ts";
import { type AttemptFacts, outcomeOf } from "../../src/sandbox/outcome.ts";
import { ShortQueues } from "../../src/sandbox/short-queues.ts";
import { toMessage } from "../../src/sandbox/told.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { jobSpec } from "../support/spec.ts";

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
const counts = { processed: 1, success: 1, failed: 0, skipped: 0 };
const error = { name: "Error", message: "bad", stack: null, file: "a/job.ts", line: 3, column: 1 };
const facts = (more: Partial<AttemptFacts>): AttemptFacts => ({
  told: null,
  exit: null,
  endedBy: null,
  steps: [],
  protocolFault: null,
  exiting: null,
  lastLine: null,
  ...more,
});
const RESULT = { kind: "result", counts, details: { a: 1 } } as const;

describe("outcome of an attempt", () => {
  const rows: [string, Partial<AttemptFacts>, string, RegExp | null][] = [
    ["a result", { told: RESULT }, "result", null],
    [
      "X4: exit 0 without a result",
      { exit: { code: 0, signal: null } },
      "no_result",
      /process ended by itself/,
    ],
    ["exit 3", { exit: { code: 3, signal: null }, lastLine: "bye" }, "crash", /exit code 3 .*last line: bye/],
    ["a signal", { exit: { code: null, signal: "SIGSEGV" } }, "crash", /signal SIGSEGV/],
    [
      "a thrown error",
      { told: { kind: "error", error, permanent: false, retryAfterMs: null } },
      "error",
      /^bad \(a\/job.ts:3\)$/,
    ],
    [
      "code that does not load",
      { told: { kind: "load", error, changed: false } },
      "load",
      /could not be loaded: bad/,
    ],
    [
      "a wrong result",
      { told: { kind: "invalid_result", pointer: "/n", message: "not a number", raw: { n: "x" } } },
      "invalid_result",
      /\/n .*not a number/,
    ],
    [
      "a deadline, obeyed",
      { endedBy: { kind: "timeout", afterMs: 600_000 }, told: RESULT },
      "timeout",
      /^timed out after 10m 0s$/,
    ],
    [
      "a deadline, ignored",
      {
        endedBy: { kind: "timeout", afterMs: 1_000 },
        steps: [
          { signal: "abort", at: 0 },
          { signal: "SIGTERM", at: 1 },
          { signal: "SIGKILL", at: 2 },
        ],
      },
      "timeout",
      /ignored SIGTERM, killed/,
    ],
    [
      "X9: an accepted cancel comes before all else",
      { endedBy: { kind: "abort", reason: "user" }, told: RESULT },
      "aborted",
      /asked to end \(user\)/,
    ],
    [
      "a run that a later fire replaced, in the words that a waiting one has",
      { endedBy: { kind: "abort", reason: "replaced" } },
      "aborted",
      /^cancelled: a later fire of its schedule took its place/,
    ],
    ["broken frames", { protocolFault: "no JSON", told: null }, "protocol", /no JSON/],
  ];
  for (const [what, given, kind, cause] of rows) {
    it(what, () => {
      const outcome = outcomeOf(facts(given));
      expect(outcome.kind).to.equal(kind);
      if (cause) expect((outcome as { cause: string }).cause).to.match(cause);
    });
  }
});

describe("frames", () => {
  it("come whole out of any cut of the bytes", () => {
    const bytes = Buffer.concat([encodeFrame({ a: "ü🛰" }), encodeFrame([1])]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoder = new FrameDecoder(1_000);
      const frames = [...decoder.push(bytes.subarray(0, cut)), ...decoder.push(bytes.subarray(cut))];
      expect(frames).to.deep.equal([{ a: "ü🛰" }, [1]]);
    }
  });

  it("X10: one that comes in pieces of a few bytes costs no more than its length", () => {
    const bytes = encodeFrame({ a: "x".repeat(2 ** 20 - 100) });
    const decoder = new FrameDecoder(2 ** 20);
    const before = process.cpuUsage();
    const frames: unknown[] = [];
    for (let at = 0; at < bytes.length; at += 64) frames.push(...decoder.push(bytes.subarray(at, at + 64)));
    const { user, system } = process.cpuUsage(before);
    expect(frames).to.have.length(1);
    expect((user + system) / 1_000, "ms of processor time").to.be.below(300);
  });

  it("X10: a length beyond the limit, or no JSON, is a fault and not a wait for ever", () => {
    expect(() => new FrameDecoder(10).push(Buffer.from([0, 0, 1, 0]))).to.throw(FrameError, "256 bytes");
    expect(() => new FrameDecoder(10).push(Buffer.from([0, 0, 0, 1, 123]))).to.throw(FrameError, "JSON");
  });

  const line = { time: 1, level: "info", stream: "log", text: "t" };
  it("a line and a spec as honest children tell them are taken", () => {
    toMessage({ t: "log", lines: [line] });
    toMessage({ t: "described", spec: jobSpec(), clean: true });
  });

  const group = { params: ["a"], min: 1 };
  const a = { a: { type: "string" } };
  const specs: [string, object][] = [
    ["a group of nothing", { paramGroups: [{}] }],
    ["a group of what is no param", { paramGroups: [group] }],
    ["a group that asks for more than it has", { requiredParams: a, paramGroups: [{ ...group, min: 2 }] }],
    ["a param of nothing", { requiredParams: { a: null } }],
    ["a param of no type", { requiredParams: { a: { type: "magic" } } }],
    ["a label that is no text", { requiredParams: { a: { type: "string", label: {} } } }],
    ["a pattern that is none", { requiredParams: { a: { type: "string", pattern: "(" } } }],
    ["a select without options", { requiredParams: { a: { type: "select" } } }],
    ["a param whose name is no name", { optionalParams: { "a b": { type: "string" } } }],
    ["a fraction as concurrency", { concurrency: 1.5 }],
    ["a fraction of an attempt", { retries: { attempts: 2.5, backoffMs: 0, factor: 1, maxMs: 0 } }],
    ["a timeout of 300 years", { timeoutMs: 9e12 }],
    ["the service's own variables", { env: ["JOBMOUNT_SECRET_KEYS"] }],
    ["files outside", { files: ["../*"] }],
    ["schedules of nothing", { schedules: [null] }],
    ["a schedule whose cron is no text", { schedules: [{ cron: 5 }] }],
  ];
  const forged: [string, unknown][] = [
    ["null", null],
    ["a list", []],
    ["an unknown kind", { t: "shutdown" }],
    ["counts that are no whole numbers", { t: "records", counts: { ...counts, processed: 1.5 }, failed: [] }],
    ["parts beyond the whole", { t: "records", counts: { ...counts, success: 9 }, failed: [] }],
    ["progress beyond 100", { t: "progress", percent: 1e9, message: null }],
    ["a line without text", { t: "log", lines: [{ time: 1, level: "info", stream: "log" }] }],
    ["a state value beyond its limit", { t: "state", key: "k", value: "x".repeat(100_000) }],
    ["a state key beyond its limit", { t: "state", key: "k".repeat(1_000), value: 1 }],
    [
      "a wait of 1e300 ms",
      { t: "end", end: { kind: "error", error, permanent: false, retryAfterMs: 1e300 } },
    ],
    ["a line number of 1e300", { t: "thrown", error: { ...error, line: 1e300 } }],
    ["a result too deep to be written", { t: "end", end: { kind: "result", counts, details: deep(20_000) } }],
    ["a spec of nothing", { t: "described", spec: {} }],
    ["a spec of half", { t: "described", spec: { files: [] } }],
    ["a line of no time", { t: "log", lines: [{ ...line, time: Number.MAX_SAFE_INTEGER }] }],
    ["a line of half a millisecond", { t: "log", lines: [{ ...line, time: 1.5 }] }],
    ["a throw that was lost in no known way", { t: "thrown", error, lost: { toString: 1 } }],
    ["a state value of too many bytes", { t: "state", key: "k", value: "ü".repeat(40_000) }],
    ...specs.map(([what, more]): [string, unknown] => [
      `a spec with ${what}`,
      { t: "described", spec: jobSpec(more as Partial<JobSpec>), clean: true },
    ]),
    ["an end of no kind", { t: "end", end: { kind: "cancelled" } }],
  ];
  for (const [what, value] of forged) {
    it(`X10: ${what} is refused`, () => expect(() => toMessage(value)).to.throw(FrameError));
  }
});

describe("waiting for a child that is about to be free", () => {
  it("waits only where attempts are short and others run, and gets the child that is handed", async () => {
    const queues = new ShortQueues<string>();
    expect(queues.wait("v")).to.equal(undefined);
    for (let i = 0; i < 3; i++) queues.began("v");
    expect(queues.wait("v"), "nothing is known of its attempts yet").to.equal(undefined);
    queues.ended("v", 2);
    const waiting = queues.wait("v");
    expect(queues.hand("v", "child")).to.equal(true);
    expect(await waiting).to.equal("child");
    expect(queues.hand("v", "child"), "nobody waits any more").to.equal(false);
  });

  it("gives up after a moment: a child may hang", async () => {
    const queues = new ShortQueues<string>();
    for (let i = 0; i < 3; i++) queues.began("v");
    queues.ended("v", 1);
    expect(await queues.wait("v")).to.equal(undefined);
    expect(queues.hand("v", "child")).to.equal(false);
  });
});

describe("limits in words", () => {
  const causes: [string, NonNullable<AttemptFacts["endedBy"]>, string, string][] = [
    [
      "memory",
      {
        kind: "out_of_memory",
        used: 812 * 2 ** 20,
        limit: 512 * 2 ** 20,
        from: "JOBMOUNT_JOB_MEMORY default; raise with memory: in defineJob",
      },
      "out_of_memory",
      "killed: used 812 MiB, limit 512 MiB (JOBMOUNT_JOB_MEMORY default; raise with memory: in defineJob)",
    ],
    [
      "processes",
      { kind: "too_many_processes", used: 80, limit: 64, from: "JOBMOUNT_JOB_PROCESSES" },
      "too_many_processes",
      "killed: had 80 processes at a time, limit 64 (JOBMOUNT_JOB_PROCESSES)",
    ],
    [
      "the heap",
      { kind: "heap_full", limit: 512 * 2 ** 20, from: "memory: in defineJob" },
      "out_of_memory",
      "ended: its JavaScript heap was full, limit 512 MiB (memory: in defineJob)",
    ],
    [
      "time",
      { kind: "timeout", afterMs: 600_000, from: "timeout: in defineJob" },
      "timeout",
      "timed out after 10m 0s (timeout: in defineJob)",
    ],
  ];
  for (const [what, endedBy, kind, cause] of causes) {
    it(`X10: ${what}: what was used, the limit, and where it was set`, () => {
      expect(outcomeOf(facts({ endedBy }))).to.deep.equal({ kind, cause });
    });
  }
});
