import { expect } from "chai";
import type { LoadError } from "../../src/catalog/version.ts";
import { AttemptLines } from "../../src/cli/attempts.ts";
import { eventText } from "../../src/cli/dev-events.ts";
import { CliError, failureOf, startFailure } from "../../src/cli/exit.ts";
import { exitCodeOfRun, outcomeLine } from "../../src/cli/outcome.ts";
import type { StartReport } from "../../src/cli/ports.ts";
import { reportLines, reportLog } from "../../src/cli/start-report.ts";
import type { RemoteRun } from "../../src/cli/remote.ts";
import { printable } from "../../src/cli/terminal.ts";
import { ExpectedError, invalid } from "../../src/errors.ts";
import { createLogger } from "../../src/log.ts";
import { captured } from "./terminals.ts";

const report: StartReport = {
  url: "http://127.0.0.1:3000",
  socketPath: "/srv/data/jobmount.sock",
  sources: [
    { name: "default", path: `${process.cwd()}/external_tasks`, state: "available", jobs: 3, errors: 1 },
    { name: "billing", path: "/mnt/billing", state: "missing", jobs: 0, errors: 0 },
  ],
  loading: false,
  orphaned: [],
  firstStart: true,
  token: "jbm_secret",
  signInUrl: "http://127.0.0.1:3000/sign-in?code=abc",
  schedulesCreated: [{ job: "heartbeat", sentence: "every minute (UTC)" }],
  database: "sqlite:./data/jobmount.db",
};

describe("what a start tells", () => {
  it("says where it listens, what it watches, how many jobs loaded, and gives a token with a curl line", () => {
    expect(reportLines(report).join("\n")).to.equal(`Jobmount listens on http://127.0.0.1:3000
  watches   ./external_tasks: 3 jobs loaded, 1 with an error: npx jobmount validate
  watches   /mnt/billing (billing): not there yet, jobs load when it appears
  database  sqlite:./data/jobmount.db
  created the schedule that heartbeat suggests: every minute (UTC)

Open the page and sign in, once, within ten minutes:

  http://127.0.0.1:3000/sign-in?code=abc

A fresh link at any time: npx jobmount sign-in

An admin token for programs, shown this once:

  export JOBMOUNT_TOKEN=jbm_secret
  curl -s -H "Authorization: Bearer $JOBMOUNT_TOKEN" http://127.0.0.1:3000/api/v1/jobs`);
  });

  it("says that jobs are loading still, so that a count too low is no riddle", () => {
    expect(reportLines({ ...report, loading: true })).to.include(
      "  loading   goes on: jobs that take long come as they load",
    );
  });

  it("says later how to get a link", () => {
    const lines = reportLines({ ...report, firstStart: false, token: null, schedulesCreated: [] });
    expect(lines.at(-1)).to.equal("  a sign-in link: npx jobmount sign-in");
    expect(lines.join("\n")).not.to.include("JOBMOUNT_TOKEN");
  });

  it("L3: as a log line has no token in it", () => {
    const written: string[] = [];
    reportLog(
      report,
      createLogger({ level: "info", format: "json", write: (line) => void written.push(line) }),
    );
    expect(JSON.parse(written[0]!)).to.deep.include({ url: report.url, message: "listening" });
    expect(written.join("")).not.to.include("jbm_secret");
  });
});

describe("how a verb ends when something is wrong", () => {
  it("says expected errors in a sentence, by their status", () => {
    expect(failureOf(new CliError(4, "no"))).to.deep.equal({ text: "no", exitCode: 4 });
    expect(failureOf(new ExpectedError(503, "database_away", "away")).exitCode).to.equal(78);
    expect(failureOf(new ExpectedError(409, "in_use", "busy"))).to.deep.equal({ text: "busy", exitCode: 4 });
    const wrong = invalid([
      { pointer: "/cron", code: "cron", message: "has four fields" },
      { pointer: "/timeZone", code: "zone", message: "is not known" },
    ]);
    expect(failureOf(wrong)).to.deep.equal({
      text: "cron: has four fields\n  timeZone: is not known",
      exitCode: 3,
    });
  });

  it("shows the stack of what nobody expected, with a code of its own", () => {
    const { text, exitCode } = failureOf(new TypeError("x is undefined"));
    expect(exitCode).to.equal(70);
    expect(text)
      .to.include("x is undefined")
      .and.to.match(/^\s+at /m);
  });

  it("says in a sentence what keeps a service from starting, with exit code 78", () => {
    const taken = Object.assign(new Error("listen EADDRINUSE"), {
      code: "EADDRINUSE",
      syscall: "listen",
      address: "127.0.0.1",
      port: 3000,
    });
    const failure = failureOf(startFailure(taken));
    expect(failure.exitCode).to.equal(78);
    expect(failure.text).to.equal(
      "Jobmount cannot start: 127.0.0.1:3000 is already in use; set PORT to another port (0 takes a free one), or stop what listens there.",
    );
    expect(failureOf(startFailure(new ExpectedError(409, "in_use", "busy"))).exitCode).to.equal(78);
    expect(failureOf(startFailure(new TypeError("bug"))).exitCode).to.equal(70);
  });
});

describe("how a run is told", () => {
  const { terminal } = captured();

  it("X6: a success with failed records says so", () => {
    const run = {
      state: "succeeded",
      reason: null,
      cause: "succeeded, 12 records failed",
      durationMs: 62_000,
      records: { processed: 1200, success: 1188, failed: 12, skipped: 0 },
    };
    expect(outcomeLine(run, terminal)).to.equal(
      "succeeded, 12 records failed in 1m 2s: 1200 processed, 1188 success, 12 failed",
    );
  });

  it("tells each failed attempt once, and when the next one starts", () => {
    const failed = { state: "retrying", reason: "error", cause: "no answer\nfrom the bank" };
    const first = { ...failed, attempt: 1, startedAt: "", finishedAt: "", durationMs: 3 };
    const availableAt = "2027-01-01T00:02:00.000Z";
    const waiting = { state: "retrying", attempt: 1, availableAt, attempts: [first] } as unknown as RemoteRun;
    const lines = new AttemptLines();
    expect(lines.of(waiting)).to.deep.equal([
      `attempt 1 failed: no answer\nfrom the bank; again at ${availableAt}`,
    ]);
    expect(lines.of(waiting)).to.deep.equal([]);
    const runs = { ...waiting, state: "running", attempt: 3, attempts: [first, { ...first, attempt: 2 }] };
    expect(lines.of(runs)).to.deep.equal(["attempt 2 failed: no answer\nfrom the bank"]);
  });

  it("has an exit code for each outcome", () => {
    const code = (state: string, reason: string | null = null) => exitCodeOfRun({ state, reason });
    expect(code("succeeded")).to.equal(0);
    expect(code("failed", "error")).to.equal(1);
    expect(code("failed", "params")).to.equal(3);
    expect(code("failed", "load")).to.equal(3);
    expect(code("failed", "timeout")).to.equal(124);
    expect(code("cancelled", "user")).to.equal(130);
  });

  it("R1: a load error brings its place, its code frame and the next step", () => {
    const error: LoadError = {
      code: "syntax",
      message: 'Expected ";" but found "is"',
      file: "heartbeat/job.ts",
      line: 3,
      column: 7,
      frame: "  2 | a\n> 3 | this is wrong\n    |      ^",
      hint: "look there",
      hash: null,
      since: 0,
    };
    const text = eventText(
      { kind: "failed", source: "default", key: "heartbeat", error, serving: "9c41f02aaaa", at: 0 },
      terminal,
      false,
    );
    expect(text).to.match(/^\d\d:\d\d:\d\d error heartbeat does not load; version 9c41f02 still serves\n/);
    expect(text).to.include('  syntax heartbeat/job.ts:3:7 Expected ";" but found "is"\n');
    expect(text).to.include("  > 3 | this is wrong\n      |      ^\n  → look there");
  });

  it("R5: several mistakes in one file are lines of their own, each with its next step", () => {
    const one = (code: string, line: number, message: string, hint: string) => ({
      code,
      line,
      column: 3,
      message,
      hint,
    });
    const error: LoadError = {
      ...one("E008", 2, "no tiemout; no overlap", "write timeout; write skip"),
      file: "a/job.ts",
      frame: "> 2 | tiemout",
      problems: [one("E008", 2, "no tiemout", "write timeout"), one("E009", 3, "no overlap", "write skip")],
      hash: null,
      since: 0,
    };
    const text = eventText(
      { kind: "failed", source: "default", key: "a", error, serving: null, at: 0 },
      terminal,
      false,
    );
    expect(text!.split("\n").slice(1)).to.deep.equal([
      "  E008 a/job.ts:2:3 no tiemout",
      "  > 2 | tiemout",
      "  → write timeout",
      "  E009 a/job.ts:3:3 no overlap",
      "  → write skip",
    ]);
  });

  it("cannot move the cursor or set the title; colours stay", () => {
    expect(printable("a\u001b[31mred\u001b[2Jb\u0007\rc")).to.equal(
      "a\u001b[31mred\ufffd[2Jb\ufffd\ufffdc\u001b[0m",
    );
  });
});

describe("the status line of a terminal", () => {
  it("is cleared before other lines, drawn again after them, and cut to the width", () => {
    const screen = captured({ live: true });
    screen.terminal.status("40% " + "x".repeat(60));
    screen.terminal.say("a line");
    screen.terminal.status("");
    screen.terminal.say("the end");
    const drawn = `40% ${"x".repeat(34)}…`;
    expect(screen.stderr).to.equal(`${drawn}\r\u001b[Ka line\n${drawn}\r\u001b[Kthe end\n`);
  });

  it("takes 80 columns for a terminal that does not know its size", () => {
    const screen = captured({ live: true, columns: 0 });
    screen.terminal.status("40%");
    screen.terminal.status("");
    expect(screen.stderr).to.equal("40%\r\u001b[K");
  });

  it("is not written where no terminal is", () => {
    const screen = captured();
    screen.terminal.status("40%");
    expect(screen.stderr).to.equal("");
  });
});
