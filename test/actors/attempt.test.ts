// One attempt between its claim and its finish: whatever fails on the way is an end of the run, and never one of the service.
import { expect } from "chai";
import { Attempt } from "../../src/actors/attempt.ts";
import type { AttemptDeps, RunnableVersion } from "../../src/actors/attempt-deps.ts";
import { ExpectedError } from "../../src/errors.ts";
import type { ClaimedRun } from "../../src/runs/store.ts";
import type { Outcome } from "../../src/sandbox/outcome.ts";
import type { AttemptLimits, AttemptListener } from "../../src/sandbox/given-attempt.ts";
import { jobSpec } from "../support/spec.ts";

const SECRET = "a-secret-of-this-test";
const COUNTS = { processed: 2, success: 2, failed: 0, skipped: 0 };
const CHANGED: Outcome = {
  kind: "load",
  cause: "changed",
  error: { name: "ChangedBundle", message: "changed", stack: null, file: null, line: null, column: null },
  changed: true,
};

const run = (more: Partial<ClaimedRun> = {}): ClaimedRun => ({
  id: "run_1",
  source: "default",
  jobKey: "job",
  scheduleId: null,
  trigger: "api",
  fireAt: null,
  attempt: 1,
  triesUsed: 0,
  maxAttempts: 1,
  version: "v1",
  params: {},
  overrides: {},
  availableAt: 1,
  startedAt: 1,
  logFrom: 1,
  logBytes: 0,
  droppedBytes: 0,
  priority: 0,
  heldSlot: false,
  hasState: false,
  ...more,
});

describe("an attempt", () => {
  /** What the child was given, if it was given anything. */
  let given: { limits: AttemptLimits; isolation: string } | undefined;
  let outcome: Outcome;
  let tell: (listener: AttemptListener) => void;
  beforeEach(() => {
    given = undefined;
    outcome = { kind: "result", counts: COUNTS, details: null };
    tell = () => undefined;
  });

  function attemptOf(claimed: ClaimedRun, more: Partial<AttemptDeps> = {}): Attempt {
    const pool = {
      run: (...[, , limits, listener, isolation]: Parameters<AttemptDeps["pool"]["run"]>) => {
        given = { limits, isolation };
        tell(listener);
        const ended = { outcome, exitCode: null, signal: null, steps: [], groupEmptyAt: 5, tookMs: 1 };
        return { ended: Promise.resolve(ended), abort: () => undefined };
      },
    };
    return new Attempt(claimed, {
      pool: pool as unknown as AttemptDeps["pool"],
      versionOf: (hash) => ({ hash, spec: jobSpec() }) as RunnableVersion,
      readParams: () => ({ ok: true, values: {}, secrets: [SECRET] }),
      sealState: (key, value) => ({ $sealed: [key, value] }),
      jobState: () => Promise.resolve(new Map()),
      failedKeys: () => Promise.resolve([]),
      envFor: () => ({}),
      dataDirOf: () => "",
      now: () => 1_000,
      random: () => 0,
      owner: "me",
      limits: {
        logBytes: 1_000,
        failedRecords: 10,
        timeoutMs: 9,
        graceMs: 9,
        memoryBytes: 9,
        processes: 9,
        defaulted: new Set(),
      },
      ...more,
    });
  }

  const away = new ExpectedError(503, "database_away", "The database does not answer.");
  const fails = (error: Error) => () => {
    throw error;
  };
  const rejects = (error: Error) => () => Promise.reject(error);
  const starts: [string, Partial<AttemptDeps>, Partial<ClaimedRun>, Record<string, unknown>][] = [
    ["no version ever loaded", {}, { version: null }, { to: "failed", reason: "load" }],
    [
      "its version is unknown",
      { versionOf: fails(new Error("unknown")) },
      {},
      { to: "failed", reason: "load", cause: "unknown" },
    ],
    [
      "its version cannot be read just now",
      { versionOf: rejects(away) },
      {},
      { to: "queued", reason: null, triesUsed: 0 },
    ],
    [
      "reading its params throws",
      { readParams: fails(new TypeError("no such type")) },
      {},
      { to: "failed", reason: "params", cause: "the saved params could not be read: no such type" },
    ],
    [
      "reading its params meets a database that is away",
      { readParams: fails(away) },
      {},
      { to: "queued", reason: null },
    ],
    [
      "its params do not fit",
      {
        readParams: () => ({ ok: false, errors: [{ pointer: "/n", code: "type", message: "is no number" }] }),
      },
      {},
      {
        to: "failed",
        reason: "params",
        cause: "the saved params do not fit this version of the job: /n: is no number",
      },
    ],
    [
      "a secret of it is sealed with another key",
      {
        readParams: () => ({
          ok: false,
          errors: [{ pointer: "/t", code: "sealed", message: "made with key 1" }],
        }),
      },
      {},
      {
        to: "failed",
        reason: "params",
        cause: "a saved secret cannot be decrypted with the keys that are there: made with key 1",
      },
    ],
    [
      "its values cannot be read just now",
      { jobState: rejects(away) },
      { hasState: true },
      { to: "queued", reason: null },
    ],
    [
      "its values cannot be read",
      { jobState: rejects(new Error("damaged")) },
      { hasState: true },
      { to: "failed", reason: "crash", cause: "the child process could not be started: damaged" },
    ],
    [
      "the records that it is to do again are gone",
      {},
      { overrides: { onlyRecords: { of: "run_0", count: 1 } } as unknown as ClaimedRun["overrides"] },
      {
        to: "failed",
        reason: "params",
        cause: "the failed records of the run run_0 are not kept any longer",
      },
    ],
  ];
  for (const [what, deps, claimed, finish] of starts) {
    it(`X3: ends without its code where ${what}`, async () => {
      expect(await attemptOf(run(claimed), deps).execute()).to.deep.include(finish);
      expect(given).to.equal(undefined);
    });
  }

  it("X9 A4: asked to end before it begins, it never begins", async () => {
    const attempt = attemptOf(run());
    attempt.abort("user");
    expect(await attempt.execute()).to.include({ to: "cancelled", reason: "user" });
    const stopped = attemptOf(run());
    stopped.abort("shutdown", 0);
    expect(await stopped.execute()).to.include({ to: "queued", triesUsed: 0 });
    expect(given).to.equal(undefined);
  });

  it("L1: may write what attempts before it have left of the run's log", async () => {
    const text = "0123456789";
    tell = (listener) =>
      listener.lines(Array.from({ length: 20 }, () => ({ time: 1, level: "info", stream: "log", text })));
    const finish = await attemptOf(run({ attempt: 2, logFrom: 6, logBytes: 50, droppedBytes: 7 })).execute();
    expect(given!.limits.outputBytes).to.equal(1_000 - 50 - 5 * 64);
    const kept = Math.floor((1_000 - 50 - 5 * 64) / (10 + 64));
    expect(finish.log).to.deep.equal({
      lines: 5 + kept + 1,
      bytes: 50 + 10 * kept,
      droppedBytes: 7 + 10 * (20 - kept),
    });
    expect(finish.logFrom).to.equal(6);
  });

  it("L3: a secret is in nothing of its finish, and a value that holds it is sealed", async () => {
    tell = (listener) => {
      listener.lines([{ time: 1, level: "info", stream: "log", text: `with ${SECRET}` }]);
      listener.records(COUNTS, [{ key: SECRET, reason: `no ${SECRET}` }]);
      listener.progress(50, SECRET);
      listener.state("token", SECRET);
      listener.state("plain", 1);
    };
    outcome = { kind: "result", counts: COUNTS, details: { [SECRET]: [SECRET] } };
    const { state, ...rest } = await attemptOf(run()).execute();
    expect(JSON.stringify(rest)).not.to.include(SECRET);
    expect(rest.result).to.deep.equal({ "***": ["***"] });
    expect([...state!.values]).to.deep.equal([
      ["token", { $sealed: ["token", SECRET] }],
      ["plain", 1],
    ]);
  });

  it("R2: a version whose copy was written over under its child runs from a new copy, once", async () => {
    const seals = ["old", "new", "newer"];
    let runs = 0;
    tell = () => {
      outcome = CHANGED;
      if (++runs === 2) outcome = { kind: "result", counts: COUNTS, details: null };
    };
    const versionOf = (hash: string) =>
      ({ hash, bundleSeal: seals.shift(), spec: jobSpec() }) as RunnableVersion;
    expect(await attemptOf(run(), { versionOf }).execute()).to.include({ to: "succeeded", triesUsed: 1 });
    expect(seals).to.deep.equal(["newer"]);
  });

  it("X1: a child that says so of a copy that nobody has touched is not believed", async () => {
    let runs = 0;
    tell = () => void runs++;
    outcome = CHANGED;
    const versionOf = (hash: string) => ({ hash, bundleSeal: "same", spec: jobSpec() }) as RunnableVersion;
    expect(await attemptOf(run(), { versionOf }).execute()).to.include({ to: "failed", reason: "load" });
    expect(runs).to.equal(1);
  });

  it("X11: gives the isolation that its version declares", async () => {
    for (const isolation of ["fresh", "reuse"] as const) {
      const versionOf = (hash: string) => ({ hash, spec: jobSpec({ isolation }) }) as RunnableVersion;
      await attemptOf(run(), { versionOf }).execute();
      expect(given!.isolation).to.equal(isolation);
    }
  });
});
