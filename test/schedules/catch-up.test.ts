// What becomes of fires that were found too late: the catch-up policies by table.
import { expect } from "chai";
import { plan } from "../../src/schedules/plan.ts";
import type { CatchUpPolicy, Schedule } from "../../src/schedules/schedule.ts";
import { activeRun, at, brief, cronAt, makeSchedule } from "./make-schedule.ts";
import { costMs } from "../support/cost.ts";

const day = (time: string) => at(`2027-01-10T${time}Z`);
const HOUR = 3_600_000;

function caught(
  policy: CatchUpPolicy,
  now: string,
  changes: Partial<Schedule> = {},
  limits: { windowMs?: number; max?: number } = {},
) {
  const catchUp = { policy, windowMs: 24 * HOUR, max: 100, ...limits };
  return plan(makeSchedule({ catchUp, ...changes }), day(now), []);
}

describe("catch-up", () => {
  type Row = readonly [string, CatchUpPolicy, string, { windowMs?: number; max?: number }, readonly string[]];
  const table: readonly Row[] = [
    ["skip: none runs", "skip", "05:30:00", {}, ["skip missed 01:00..05:00 x5"]],
    [
      "skip: but one that is on time does",
      "skip",
      "05:00:02",
      {},
      ["skip missed 01:00..04:00 x4", "run 05:00"],
    ],
    ["latest: the newest runs", "latest", "05:30:00", {}, ["skip missed 01:00..04:00 x4", "run 05:00"]],
    [
      "latest: one on time is the newest",
      "latest",
      "05:00:02",
      {},
      ["skip missed 01:00..04:00 x4", "run 05:00"],
    ],
    ["latest: a single missed one", "latest", "01:30:00", {}, ["run 01:00"]],
    [
      "latest: not beyond the window",
      "latest",
      "05:30:00",
      { windowMs: HOUR / 4 },
      ["skip missed 01:00..05:00 x5"],
    ],
    [
      "latest: at the edge of the window",
      "latest",
      "05:30:00",
      { windowMs: HOUR / 2 },
      ["skip missed 01:00..04:00 x4", "run 05:00"],
    ],
    ["all: the oldest first", "all", "03:30:00", {}, ["run 01:00", "run 02:00", "run 03:00"]],
    [
      "all: with one on time, which waits for its turn",
      "all",
      "03:00:02",
      {},
      ["run 01:00", "run 02:00", "skip overlap 03:00"],
    ],
    [
      "all: only the window",
      "all",
      "05:30:00",
      { windowMs: 2 * HOUR },
      ["skip missed 01:00..03:00 x3", "run 04:00", "run 05:00"],
    ],
    [
      "all: only the newest of its cap",
      "all",
      "05:30:00",
      { max: 2 },
      ["skip missed 01:00..03:00 x3", "run 04:00", "run 05:00"],
    ],
    [
      "merge: one run stands for all",
      "merge",
      "05:30:00",
      {},
      ["skip merged 01:00..04:00 x4", "run 05:00 for 01:00..05:00 x5"],
    ],
    [
      "merge: the newest is the one on time",
      "merge",
      "05:00:02",
      {},
      ["skip merged 01:00..04:00 x4", "run 05:00 for 01:00..05:00 x5"],
    ],
    ["merge: a single one", "merge", "01:30:00", {}, ["run 01:00 for 01:00..01:00 x1"]],
    [
      "merge: only the window",
      "merge",
      "05:30:00",
      { windowMs: 2 * HOUR },
      ["skip missed 01:00..03:00 x3", "skip merged 04:00", "run 05:00 for 04:00..05:00 x2"],
    ],
    [
      "merge: nothing in the window",
      "merge",
      "05:30:00",
      { windowMs: 1000 },
      ["skip missed 01:00..05:00 x5"],
    ],
    ["merge: nothing late is as ever", "merge", "01:00:02", {}, ["run 01:00"]],
  ];
  for (const [what, policy, now, limits, rows] of table) {
    it(`S10: ${what}`, () => {
      const planned = caught(policy, now, {}, limits);
      expect(brief(planned.rows)).to.deep.equal(rows);
      expect(planned.runsCounted).to.equal(rows.filter((row) => row.startsWith("run")).length);
      expect(planned.firedThrough).to.equal(day(now));
    });
  }

  it("S10: all runs are spaced, from now on", () => {
    const { rows } = caught("all", "03:30:00");
    expect(rows.map((row) => row.availableAt - day("03:30:00"))).to.deep.equal([0, 1000, 2000]);
  });

  it("S10: runs of the policy wait for their turn: an active run does not swallow them", () => {
    const catchUp = { policy: "latest" as const, windowMs: HOUR, max: 100 };
    for (const overlap of ["skip", "buffer_one", "buffer_all", "allow_all"] as const) {
      const planned = plan(makeSchedule({ overlap, catchUp }), day("01:30:00"), [
        activeRun("run_a", "running"),
      ]);
      expect(brief(planned.rows), overlap).to.deep.equal(["run 01:00"]);
      expect(planned.cancel).to.deep.equal([]);
    }
  });

  it("S9, S10: cancel_other replaces also what is caught up: only the newest of all is left", () => {
    const catchUp = { policy: "all" as const, windowMs: 24 * HOUR, max: 100 };
    const schedule = makeSchedule({ overlap: "cancel_other", catchUp });
    const planned = plan(schedule, day("03:30:00"), [activeRun("run_a", "running")]);
    expect(brief(planned.rows)).to.deep.equal(["skip overlap 01:00", "skip overlap 02:00", "run 03:00"]);
    expect(planned.cancel).to.deep.equal(["run_a"]);
    expect(planned.runsCounted).to.equal(1);
  });

  it("S10: the cap of all is one range row for everything older, up to 1,000 fires with their number", () => {
    const planned = caught("all", "16:00:30", { ...cronAt("* * * * *") });
    // 00:31 to 16:00 are 930 fires; the cap runs the newest 100.
    expect(planned.rows).to.have.length(101);
    expect(brief(planned.rows)[0]).to.equal("skip missed 00:31..14:20 x830");
    expect(brief(planned.rows)[1]).to.equal("run 14:21");
    expect(brief(planned.rows).at(-1)).to.equal("run 16:00");
  });

  it("S10: beyond 1,000 fires the newest 100 that were missed run all the same, and nobody counts the rest", () => {
    const catchUp = () => caught("all", "23:59:30", { ...cronAt("* * * * * *"), overlap: "allow_all" });
    expect(costMs(catchUp, 200)).to.be.below(200);
    const planned = catchUp();
    const [range, ...rest] = brief(planned.rows);
    // Eleven beside them are on time: what was not missed takes no place of the cap.
    expect(range).to.equal("skip missed 00:30:01..23:57:39 x?");
    expect(rest).to.have.length(111);
    expect(rest[0]).to.equal("run 23:57:40");
    expect(rest.at(-1)).to.equal("run 23:59:30");
  });

  it("S3, S10: beyond 1,000 fires each skip that was asked for has its row, and takes no place of the cap", () => {
    const asked = (time: string) => ({ at: day(time), by: "token:ana", reason: null });
    const skips = [asked("00:30:01"), asked("00:30:02"), asked("00:30:05"), asked("23:50:00")];
    const { rows } = caught("all", "23:59:30", {
      ...cronAt("* * * * * *"),
      overlap: "allow_all",
      skips: [...skips, asked("23:59:00")],
    });
    const runs = rows.filter(({ outcome }) => outcome === "run");
    expect(brief(rows).slice(0, 6)).to.deep.equal([
      "skip asked 00:30:01",
      "skip asked 00:30:02",
      "skip missed 00:30:03..00:30:04 x2",
      "skip asked 00:30:05",
      "skip missed 00:30:06..23:49:59 x?",
      "skip asked 23:50",
    ]);
    expect(brief(rows)[6]).to.equal("skip missed 23:50:01..23:57:38 x458");
    expect(brief(rows)).to.include("skip asked 23:59");
    expect(runs).to.have.length(111);
  });

  it("S10: a year of a secondly schedule is planned in milliseconds", () => {
    const schedule = makeSchedule({ ...cronAt("* * * * * *"), firedThrough: at("2026-01-10T00:00:00Z") });
    expect(costMs(() => plan(schedule, day("00:30:00"), []), 200)).to.be.below(200);
    const { rows } = plan(schedule, day("00:30:00"), []);
    // Those enumerated that are late join the range, whose number stays unknown.
    expect(brief(rows)[0]).to.equal("skip missed 2026-01-10T00:00:01..00:29:49 x?");
    expect(brief(rows).slice(1)).to.have.length(11);
  });

  it("S12: maxRuns ends a catch-up too: the oldest run, the rest is one row", () => {
    const planned = caught("all", "05:30:00", { maxRuns: 10, runsCounted: 8 });
    expect(brief(planned.rows)).to.deep.equal(["run 01:00", "run 02:00", "skip limit 03:00..05:00 x3"]);
    expect(planned).to.include({ runsCounted: 10, nextFireAt: null });
  });

  it("S12: an instant that was missed is judged by the window as well", () => {
    const when = { kind: "at" as const, at: day("01:00:00") };
    expect(brief(caught("latest", "01:30:00", { when }).rows)).to.deep.equal(["run 01:00"]);
    const late = caught("latest", "05:30:00", { when }, { windowMs: HOUR });
    expect(brief(late.rows)).to.deep.equal(["skip missed 01:00"]);
  });

  it("S12: an interval catches up like a cron text", () => {
    const when = { kind: "every" as const, everyMs: 30 * 60_000, anchorAt: day("00:10:00") };
    const planned = caught("latest", "02:30:00", { when });
    expect(brief(planned.rows)).to.deep.equal(["skip missed 00:40..01:40 x3", "run 02:10"]);
    expect(planned.nextFireAt).to.equal(day("02:40:00"));
  });

  it("S3: says in words why fires are missed, merged or late", () => {
    const cause = (policy: CatchUpPolicy, now: string, index: number, limits = {}) =>
      caught(policy, now, {}, limits).rows[index]!.cause;
    expect(cause("skip", "05:30:00", 0)).to.equal(
      "missed: found between 30m 0s and 4h 30m 0s late, and catch-up policy skip runs no missed fire",
    );
    expect(cause("latest", "05:30:00", 0)).to.equal(
      "missed: catch-up policy latest runs only the newest missed fire, that of 2027-01-10 05:00 +00:00",
    );
    expect(cause("latest", "05:00:02", 0)).to.equal(
      "missed: found between 1h 2s and 4h 2s late, when the fire of 2027-01-10 05:00 +00:00 had come due; " +
        "catch-up policy latest runs the newest only",
    );
    expect(cause("latest", "05:30:00", 1)).to.equal("caught up 30m 0s late (catch-up policy latest)");
    expect(cause("latest", "05:30:00", 0, { windowMs: 60_000 })).to.equal(
      "missed: found between 30m 0s and 4h 30m 0s late, beyond the catch-up window of 1m 0s",
    );
    expect(cause("all", "05:30:00", 0, { max: 2 })).to.contain("runs only the newest 2 within its window");
    expect(cause("all", "05:30:00", 0, { windowMs: 2 * HOUR })).to.equal(
      "missed: found between 2h 30m 0s and 4h 30m 0s late, beyond the catch-up window of 2h 0s (catch-up policy all)",
    );
    expect(cause("merge", "05:30:00", 0)).to.equal(
      "folded into the run of 2027-01-10 05:00 +00:00 (catch-up policy merge)",
    );
    expect(cause("merge", "05:30:00", 0, { windowMs: 2 * HOUR })).to.equal(
      "missed: found between 2h 30m 0s and 4h 30m 0s late, beyond the catch-up window of 2h 0s (catch-up policy merge)",
    );
    expect(cause("merge", "05:30:00", 1)).to.equal(
      "stands for 5 fires, found between 30m 0s and 4h 30m 0s late (catch-up policy merge)",
    );
    expect(cause("merge", "01:30:00", 0)).to.equal("caught up 30m 0s late (catch-up policy merge)");
  });

  it("S3: the words of a row are true of each of its fires, in the window, beyond it, or on both sides", () => {
    const cause = (policy: CatchUpPolicy, limits: Partial<Schedule["catchUp"]>, now = "05:30:00") =>
      caught(policy, now, {}, limits).rows[0]!.cause;
    // Two fires beyond the window and one within it are in one row: what is said of it holds for all three.
    expect(cause("all", { max: 2, windowMs: 3 * HOUR })).to.equal(
      "missed: catch-up policy all runs only the newest 2 within its window of 3h 0s",
    );
    expect(cause("latest", { windowMs: 2 * HOUR })).to.equal(
      "missed: catch-up policy latest runs only the newest missed fire, that of 2027-01-10 05:00 +00:00",
    );
    expect(cause("all", { max: 0 })).to.equal(
      "missed: found between 30m 0s and 4h 30m 0s late, and catch-up policy all runs none of them (max 0)",
    );
    expect(cause("all", { windowMs: 60_000 }, "01:30:00")).to.equal(
      "missed: found 30m 0s late, beyond the catch-up window of 1m 0s",
    );
  });

  const secondly = cronAt("* * * * * *");
  const merging: readonly (readonly [string, string, number, readonly string[], RegExp])[] = [
    [
      "of more fires than are counted, from the first one on",
      "01:20:00",
      HOUR,
      ["skip merged 00:30:01..01:19:59 x?", "run 01:20 for 00:30:01..01:20 x?"],
      /^stands for more than 1000 fires, found between 0ms and 49m 59s late/,
    ],
    [
      "of many fires in the window, with their number",
      "01:20:00",
      600_000,
      [
        "skip missed 00:30:01..01:09:59 x?",
        "skip merged 01:10..01:19:59 x600",
        "run 01:20 for 01:10..01:20 x601",
      ],
      /^stands for 601 fires, found between 0ms and 10m 0s late/,
    ],
    [
      "with the number of those before the window, when that is known",
      "01:20:00",
      2_500_000,
      [
        "skip missed 00:30:01..00:38:19 x499",
        "skip merged 00:38:20..01:19:59 x?",
        "run 01:20 for 00:38:20..01:20 x?",
      ],
      /^stands for more than 1000 fires, found between 0ms and 41m 40s late/,
    ],
  ];
  for (const [what, now, windowMs, rows, cause] of merging) {
    it(`S10: beyond 1,000 fires merge stands for the whole window: ${what}`, () => {
      const planned = caught("merge", now, secondly, { windowMs });
      expect(brief(planned.rows)).to.deep.equal(rows);
      expect(planned.rows.at(-1)!.cause).to.match(cause);
    });
  }

  it("S10: a skip that was asked for splits a merged range whose fires nobody counted", () => {
    const skips = [{ at: day("01:19:50"), by: "token:ana", reason: null }];
    const { rows } = caught("merge", "01:20:00", { ...secondly, skips }, { windowMs: 2_500_000 });
    expect(brief(rows)).to.deep.equal([
      "skip missed 00:30:01..00:38:19 x499",
      "skip merged 00:38:20..01:19:49 x?",
      "skip asked 01:19:50",
      "skip merged 01:19:51..01:19:59 x9",
      "run 01:20 for 00:38:20..01:20 x?",
    ]);
  });

  type Overlap = Schedule["overlap"];
  const hung = (queued: number) => [
    activeRun("run_a", "running", "2027-01-09T01:00:00Z"),
    ...Array.from({ length: queued }, (_, i) => activeRun(`run_${i}`, "queued")),
  ];
  const full: readonly (readonly [string, Overlap, CatchUpPolicy, number, readonly string[]])[] = [
    ["skip, all: room for some", "skip", "all", 98, ["skip overlap 01:00", "run 02:00", "run 03:00"]],
    ["skip, all: no room", "skip", "all", 100, ["skip overlap 01:00..03:00 x3"]],
    ["skip, latest: one waits", "skip", "latest", 1, ["skip missed 01:00..02:00 x2", "skip overlap 03:00"]],
    ["skip, merge: one waits", "skip", "merge", 1, ["skip overlap 01:00..03:00 x3"]],
    [
      "buffer_one, all: the first that waits is kept",
      "buffer_one",
      "all",
      1,
      ["skip buffer_full 01:00..03:00 x3"],
    ],
    [
      "buffer_one, all: the newest finds the place",
      "buffer_one",
      "all",
      0,
      ["skip buffer_full 01:00..02:00 x2", "run 03:00"],
    ],
    ["buffer_one, latest", "buffer_one", "latest", 0, ["skip missed 01:00..02:00 x2", "run 03:00"]],
    ["buffer_one, merge", "buffer_one", "merge", 1, ["skip buffer_full 01:00..03:00 x3"]],
    ["buffer_all, all", "buffer_all", "all", 99, ["skip buffer_full 01:00..02:00 x2", "run 03:00"]],
    [
      "buffer_all, latest",
      "buffer_all",
      "latest",
      100,
      ["skip missed 01:00..02:00 x2", "skip buffer_full 03:00"],
    ],
    ["allow_all, all", "allow_all", "all", 998, ["skip limit 01:00..02:00 x2", "run 03:00"]],
    ["allow_all, merge", "allow_all", "merge", 999, ["skip limit 01:00..03:00 x3"]],
  ];
  for (const [what, overlap, policy, queued, rows] of full) {
    it(`S9, S10: what is caught up counts for overlap: ${what}`, () => {
      const catchUp = { policy, windowMs: 24 * HOUR, max: 100 };
      const planned = plan(makeSchedule({ overlap, catchUp }), day("03:30:00"), hung(queued));
      expect(brief(planned.rows)).to.deep.equal(rows);
      for (const { reason, cause } of planned.rows)
        if (reason !== null && reason !== "missed")
          expect(cause).to.match(
            /^skipped: run run_a of 2027-01-09 01:00 \+00:00 was still running and of its runs no more than (1|one|100|1000) may /,
          );
    });
  }

  it("S9, S10: all with buffer_one and nothing active: the newest two run, one after the other, and the rest is one range", () => {
    const catchUp = { policy: "all", windowMs: 24 * HOUR, max: 100 } as const;
    const planned = plan(makeSchedule({ overlap: "buffer_one", catchUp }), day("05:30:00"), []);
    expect(brief(planned.rows)).to.deep.equal(["skip buffer_full 01:00..03:00 x3", "run 04:00", "run 05:00"]);
    expect(planned.firedThrough).to.equal(day("05:30:00"));
  });

  it("S9, S10: a job that hangs has no more runs that wait after fifty downtimes than its policies say", () => {
    const most = { skip: 100, buffer_one: 1, buffer_all: 100, cancel_other: 1, allow_all: 1000 };
    for (const overlap of Object.keys(most) as Overlap[])
      for (const policy of ["latest", "all", "merge"] as const) {
        const catchUp = { policy, windowMs: 24 * HOUR, max: 100 };
        let schedule = makeSchedule({ ...cronAt("* * * * *"), overlap, catchUp });
        let active = hung(0);
        for (let downtime = 1; downtime <= 50; downtime++) {
          const planned = plan(schedule, schedule.firedThrough + 150 * 60_000 + 30_000, active);
          active = active.filter(({ id }) => !planned.cancel.includes(id));
          const runs = planned.rows.filter((row) => row.outcome === "run");
          active.push(
            ...runs.map(({ fireAt }) => ({ id: `run_${fireAt}`, state: "queued" as const, fireAt })),
          );
          const { firedThrough, nextFireAt, runsCounted } = planned;
          schedule = { ...schedule, firedThrough, nextFireAt, runsCounted };
        }
        const waiting = active.filter(({ state }) => state === "queued").length;
        expect(waiting, `${overlap}, ${policy}`).to.be.within(1, most[overlap]);
      }
  });
});
