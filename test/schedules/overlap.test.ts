// What becomes of a fire that meets runs of its schedule: the overlap policies by table.
import { expect } from "chai";
import { plan } from "../../src/schedules/plan.ts";
import type { ActiveRun, Schedule } from "../../src/schedules/schedule.ts";
import { activeRun, at, brief, cronAt, makeSchedule } from "./make-schedule.ts";

const day = (time: string) => at(`2027-01-10T${time}Z`);

describe("overlap", () => {
  const secondly = cronAt("* * * * * *");
  const three = { ...secondly, firedThrough: day("01:00:00") };
  const running = [activeRun("run_a", "running", "2027-01-10T00:59:00Z")];
  const many = (count: number): ActiveRun[] =>
    Array.from({ length: count }, (_, i) => activeRun(`run_${i}`, i === 0 ? "running" : "queued"));
  const now = day("01:00:03");
  const table: readonly (readonly [
    string,
    Partial<Schedule>,
    ActiveRun[],
    readonly string[],
    readonly string[],
  ])[] = [
    [
      "skip: the run planned a moment ago counts for the next fire",
      { overlap: "skip" },
      [],
      ["run 01:00:01", "skip overlap 01:00:02", "skip overlap 01:00:03"],
      [],
    ],
    [
      "skip: any active run",
      { overlap: "skip" },
      running,
      ["skip overlap 01:00:01", "skip overlap 01:00:02", "skip overlap 01:00:03"],
      [],
    ],
    [
      "buffer_one: one waits behind the one that runs",
      { overlap: "buffer_one" },
      running,
      ["run 01:00:01", "skip buffer_full 01:00:02", "skip buffer_full 01:00:03"],
      [],
    ],
    [
      "buffer_one: keeps the first that waits",
      { overlap: "buffer_one" },
      [...running, activeRun("run_b", "queued")],
      ["skip buffer_full 01:00:01", "skip buffer_full 01:00:02", "skip buffer_full 01:00:03"],
      [],
    ],
    [
      "buffer_one: with none active one takes the slot and one waits",
      { overlap: "buffer_one" },
      [],
      ["run 01:00:01", "run 01:00:02", "skip buffer_full 01:00:03"],
      [],
    ],
    [
      "buffer_all: all wait",
      { overlap: "buffer_all" },
      running,
      ["run 01:00:01", "run 01:00:02", "run 01:00:03"],
      [],
    ],
    [
      "buffer_all: at most a hundred",
      { overlap: "buffer_all" },
      many(99),
      ["run 01:00:01", "run 01:00:02", "skip buffer_full 01:00:03"],
      [],
    ],
    [
      "cancel_other: ends what is active, and what the same plan had made",
      { overlap: "cancel_other" },
      [...running, activeRun("run_b", "retrying")],
      ["skip overlap 01:00:01", "skip overlap 01:00:02", "run 01:00:03"],
      ["run_a", "run_b"],
    ],
    [
      "cancel_other: alone",
      { overlap: "cancel_other" },
      [],
      ["skip overlap 01:00:01", "skip overlap 01:00:02", "run 01:00:03"],
      [],
    ],
    ["allow_all", { overlap: "allow_all" }, many(20), ["run 01:00:01", "run 01:00:02", "run 01:00:03"], []],
    [
      "allow_all: at most a thousand",
      { overlap: "allow_all" },
      many(999),
      ["run 01:00:01", "skip limit 01:00:02", "skip limit 01:00:03"],
      [],
    ],
  ];
  for (const [what, changes, active, rows, cancel] of table) {
    it(`S9: ${what}`, () => {
      const planned = plan(makeSchedule({ ...three, ...changes }), now, active);
      expect(brief(planned.rows)).to.deep.equal(rows);
      expect(planned.cancel).to.deep.equal(cancel);
      expect(planned.runsCounted).to.equal(rows.filter((row) => row.startsWith("run")).length);
    });
  }

  for (const state of ["queued", "running", "retrying"] as const) {
    it(`S9: a run that is ${state} counts`, () => {
      const planned = plan(makeSchedule(), day("01:00:00"), [activeRun("run_a", state)]);
      expect(brief(planned.rows)).to.deep.equal(["skip overlap 01:00"]);
    });
  }

  it("S3: a skip says in words which run was in the way", () => {
    const cause = (active: ActiveRun[], changes: Partial<Schedule> = {}) =>
      plan(makeSchedule(changes), day("03:00:00"), active).rows.at(-1)!.cause;
    const late = { firedThrough: day("02:30:00") };
    const a = activeRun("run_a", "running", "2027-01-10T02:00:00Z");
    expect(cause([a], late)).to.equal("skipped: run run_a of 2027-01-10 02:00 +00:00 was still running");
    expect(cause([activeRun("run_b", "queued"), a], late)).to.equal(
      "skipped: run run_a of 2027-01-10 02:00 +00:00 was still running",
    );
    expect(cause([activeRun("run_b", "queued")], late)).to.equal(
      "skipped: run run_b was still waiting to start",
    );
    expect(cause([activeRun("run_c", "retrying", "2027-01-09T23:00:00Z")], late)).to.equal(
      "skipped: run run_c of 2027-01-09 23:00 +00:00 was still to be tried again",
    );
    expect(cause([a], { ...late, timeZone: "Europe/Berlin" })).to.contain("of 2027-01-10 03:00 +01:00 was");
    expect(cause([a, activeRun("run_b", "queued")], { ...late, overlap: "buffer_one" })).to.equal(
      "skipped: run run_a of 2027-01-10 02:00 +00:00 was still running and one run waits already (buffer_one)",
    );
    const own = plan(makeSchedule(three), now, []).rows.at(-1)!.cause;
    expect(own).to.equal("skipped: the run of 2027-01-10 01:00:01 +00:00 was still waiting to start");
    const replaced = plan(makeSchedule({ ...three, overlap: "cancel_other" }), now, []).rows[0]!.cause;
    expect(replaced).to.equal(
      "skipped: the fire of 2027-01-10 01:00:02 +00:00 replaced it before it began (cancel_other)",
    );
  });
});
