// The checker itself: a sound history passes, and each made-up bad one is refused for what is wrong with it.
import { expect } from "chai";
import { faultsOf } from "./check.ts";
import type { Downtime, History, OwedSchedule, RowSeen, WitnessLine } from "./history.ts";

const T0 = Date.UTC(2027, 0, 10, 12);
const FIRES = 12;
const DOWN: Required<Downtime> = { from: T0 + 5_200, to: T0 + 7_900, back: T0 + 7_600 };

const second = (n: number) => T0 + n * 1000;

function rowOf(scheduleId: string, n: number, more: Partial<RowSeen> = {}): RowSeen {
  return {
    id: `run_${scheduleId}_${n}`,
    scheduleId,
    state: "succeeded",
    reason: null,
    cause: null,
    fireAt: second(n),
    fireThrough: null,
    fireCount: null,
    queuedAt: second(n) + 4,
    finishedAt: second(n) + 320,
    attempt: 1,
    maxAttempts: 3,
    ...more,
  };
}

function line(what: WitnessLine["what"], row: RowSeen, attempt: number, at: number): WitnessLine {
  const { id: runId, scheduleId, fireAt } = row;
  return { what, runId, attempt, scheduleId, fireAt: fireAt!, monotonic: at - T0, wall: at };
}

/** Found after the downtime, and not done. */
const skipped = (row: RowSeen, reason: "missed" | "merged", queuedAt = DOWN.to): RowSeen => ({
  ...row,
  ...{ state: "skipped", reason, cause: `${reason}: found late`, attempt: 0, queuedAt, finishedAt: null },
});

/** The lines of one execution; killed in its middle without `to`. */
const execution = (row: RowSeen, attempt: number, from: number, to?: number) => [
  line("start", row, attempt, from),
  line("alive", row, attempt, from + 50),
  ...(to === undefined ? [] : [line("end", row, attempt, to)]),
];

/**
 * Schedules of every second that were down for a while: one skips what overlaps and what was missed, the others let all
 * run that they catch up, each by another policy.
 */
function soundHistory() {
  const fires = Array.from({ length: FIRES }, (_, i) => second(i + 1));
  const catchUp = { max: 2, windowMs: 3_600_000 };
  const schedules: OwedSchedule[] = [
    { id: "skip", overlap: "skip", catchUp: { ...catchUp, policy: "skip" }, fires },
    { id: "allow", overlap: "allow_all", catchUp: { ...catchUp, policy: "all" }, fires },
    { id: "latest", overlap: "allow_all", catchUp: { ...catchUp, policy: "latest" }, fires },
    { id: "merge", overlap: "allow_all", catchUp: { ...catchUp, policy: "merge" }, fires },
  ];
  const rows: RowSeen[] = [];
  const witness: WitnessLine[] = [];
  for (let n = 1; n <= FIRES; n++) {
    for (const { id } of schedules) {
      // Killed at 5.2: the fire of 5 is done again, those of 6 and 7 of `skip` were missed.
      const row = rowOf(id, n, n === 5 ? { attempt: 2, finishedAt: second(8) + 400 } : {});
      if (id === "skip" && n === 7) continue;
      if (id === "skip" && n === 6) {
        const missed = { state: "skipped", reason: "missed", cause: "missed: found late" } as const;
        rows.push({ ...row, ...missed, attempt: 0, fireThrough: second(7), fireCount: 2, queuedAt: DOWN.to });
        continue;
      }
      if (id === "skip" && n === 8) {
        const cause = "skipped: run run_skip_5 of 12:00:05 was still to be tried again";
        rows.push({ ...row, state: "skipped", reason: "overlap", cause, attempt: 0 });
        continue;
      }
      if (n === 6 && (id === "latest" || id === "merge")) {
        rows.push(skipped(row, id === "latest" ? "missed" : "merged"));
        continue;
      }
      if (n === 6 || n === 7) Object.assign(row, { queuedAt: DOWN.to, finishedAt: DOWN.to + n * 50 });
      rows.push(row);
      if (n === 5) witness.push(...execution(row, 1, second(5) + 20));
      witness.push(
        ...execution(row, row.attempt, n === 5 ? second(8) + 100 : row.queuedAt + 16, row.finishedAt! - 5),
      );
    }
  }
  const downtimes: Downtime[] = [DOWN];
  const deaths: Downtime[] = [];
  return { schedules, rows, witness, downtimes, deaths } satisfies History;
}

type Mutable = ReturnType<typeof soundHistory>;

const find = (history: Mutable, id: string) => history.rows.find((row) => row.id === id)!;
const drop = (history: Mutable, id: string) => {
  history.rows = history.rows.filter((row) => row.id !== id);
  history.witness = history.witness.filter(({ runId }) => runId !== id);
};
const linesOf = (history: Mutable, id: string, what: WitnessLine["what"]) =>
  history.witness.filter((one) => one.runId === id && one.what === what);
const move = (lines: WitnessLine[], ms: number) => {
  for (const one of lines) {
    one.monotonic += ms;
    one.wall! += ms;
  }
};

const doNot = (history: Mutable, id: string, reason: "missed" | "merged") => {
  const row = find(history, id);
  drop(history, id);
  history.rows.push(skipped(row, reason));
};
const doAfterAll = (history: Mutable, id: string) => {
  const row = find(history, id);
  Object.assign(row, { state: "succeeded", reason: null, attempt: 1, finishedAt: DOWN.to + 300 });
  history.witness.push(...execution(row, 1, DOWN.to + 20, DOWN.to + 290));
};

const bad: [what: string, spoil: (history: Mutable) => void, fault: RegExp][] = [
  ["a lost fire", (h) => drop(h, "run_allow_3"), /^S1: .*12:00:03.* of allow has no row$/],
  ["the last fire lost", (h) => drop(h, "run_skip_12"), /^S1: .*12:00:12.* of skip has no row$/],
  [
    "a doubled fire",
    (h) => {
      const row = { ...find(h, "run_allow_3"), id: "run_twice" };
      h.rows.push(row);
      h.witness.push(...execution(row, 1, second(3) + 30, second(3) + 315));
    },
    /^S1: .*12:00:03.* of allow lies in two rows/,
  ],
  [
    "a fire in a range and in a row of its own",
    (h) => {
      h.rows.push(
        rowOf("skip", 7, {
          state: "skipped",
          reason: "overlap",
          cause: "skipped: busy",
          queuedAt: second(8),
        }),
      );
    },
    /^S1: .*12:00:07.* of skip lies in two rows/,
  ],
  [
    "a wrong instant",
    (h) => (find(h, "run_allow_4").fireAt = second(4) + 1),
    /^S2: row run_allow_4 of allow is for .*04\.001Z, which its calendar does not have$/,
  ],
  [
    "a fire after the end of the calendar",
    (h) => h.rows.push(rowOf("allow", FIRES + 1)),
    /^S2: row run_allow_13/,
  ],
  [
    "a row without an instant",
    (h) => (find(h, "run_allow_4").fireAt = null),
    /^S2: row run_allow_4 .* no instant/,
  ],
  [
    "a row of nobody",
    (h) => (find(h, "run_allow_4").scheduleId = "gone"),
    /^S2: row run_allow_4 belongs to no schedule/,
  ],
  [
    "a range that ends at no fire",
    (h) => (find(h, "run_skip_6").fireThrough = second(7) + 500),
    /^S2: the range run_skip_6 of skip ends at .*07\.500Z, which is no fire$/,
  ],
  [
    "a range that counts wrongly",
    (h) => (find(h, "run_skip_6").fireCount = 3),
    /^S1: the range run_skip_6 .* counts 3/,
  ],
  [
    "a range that ran",
    (h) => {
      Object.assign(find(h, "run_skip_6"), { state: "failed", reason: "lost", attempt: 3 });
    },
    /^S1: row run_skip_6 of skip is a range and not skipped$/,
  ],
  [
    "an overlap of 1 ms",
    (h) => {
      const before = linesOf(h, "run_skip_2", "end")[0]!;
      move(
        h.witness.filter(({ runId }) => runId === "run_skip_3"),
        before.monotonic - linesOf(h, "run_skip_3", "start")[0]!.monotonic - 1 + 0,
      );
      // Only the monotonic clock judges: the wall clock of the line stays after its instant.
      for (const one of h.witness.filter(({ runId }) => runId === "run_skip_3")) one.wall! += 1_000;
    },
    /^S9, X8: attempt 1 of run run_skip_2 and attempt 1 of run run_skip_3 .* at least 1 ms$/,
  ],
  [
    "an overlap with one that was killed while it was alive",
    (h) => {
      const killed = h.witness.filter((one) => one.runId === "run_skip_5" && one.attempt === 1);
      killed.at(-1)!.monotonic = second(8) + 101 - T0;
    },
    /^S9, X8: attempt 1 of run run_skip_5 and attempt 2 of run run_skip_5 .* at least 1 ms$/,
  ],
  [
    "an overlap behind a short one in between",
    (h) => {
      linesOf(h, "run_skip_1", "end")[0]!.monotonic = 3_021;
    },
    /run_skip_1 and attempt 1 of run run_skip_3 .* at least 1 ms$/,
  ],
  [
    "two attempts of one run beside each other, whatever the overlap policy",
    (h) => {
      h.witness.find((one) => one.runId === "run_allow_5" && one.what === "alive")!.monotonic += 60_000;
    },
    /^S9, X8: attempt 1 of run run_allow_5 and attempt 2 of run run_allow_5 of allow/,
  ],
  [
    "an attempt that started twice",
    (h) => h.witness.push(linesOf(h, "run_allow_3", "start")[0]!),
    /^X1: attempt 1 of run run_allow_3 started twice$/,
  ],
  [
    "an attempt that ended twice",
    (h) => h.witness.push(linesOf(h, "run_allow_3", "end")[0]!),
    /^X1: attempt 1 of run run_allow_3 has a line "end" after its end$/,
  ],
  [
    "an end without a start",
    (h) => (h.witness = h.witness.filter((one) => one.runId !== "run_allow_3" || one.what !== "start")),
    /^X1: attempt 1 of run run_allow_3 has a line "alive" and never started$/,
  ],
  [
    "a run that no row tells of",
    (h) =>
      h.witness.push(...execution(rowOf("allow", 3, { id: "run_ghost" }), 1, second(3) + 1, second(3) + 9)),
    /^X1: attempt 1 of run run_ghost ran and has no row$/,
  ],
  [
    "an attempt that its row does not know",
    (h) => (find(h, "run_allow_5").attempt = 1),
    /^X1: attempt 2 of run run_allow_5 ran, and its row knows of 1 attempts$/,
  ],
  [
    "a job that was told another instant than its row",
    (h) => (linesOf(h, "run_allow_3", "start")[0]!.fireAt = second(4)),
    /^S2: attempt 1 of run run_allow_3 ran for \d+, and its row is for \d+$/,
  ],
  [
    "a job that was told another schedule",
    (h) => (linesOf(h, "run_allow_3", "start")[0]!.scheduleId = "skip"),
    /^S2: attempt 1 of run run_allow_3 ran for skip, and its row belongs to allow$/,
  ],
  [
    "a job that began before its instant",
    (h) => (linesOf(h, "run_allow_3", "start")[0]!.wall = second(3) - 200),
    /^S4: attempt 1 of run run_allow_3 began 200 ms before its instant$/,
  ],
  [
    "a skipped fire that ran all the same",
    (h) => h.witness.push(...execution(find(h, "run_skip_8"), 1, second(8) + 600, second(8) + 700)),
    /^S3: attempt 1 of run run_skip_8 ran although its row is skipped \(overlap\)$/,
  ],
  [
    "a success that never came to its end",
    (h) => (h.witness = h.witness.filter((one) => one.runId !== "run_allow_3" || one.what !== "end")),
    /^X4: row run_allow_3 succeeded with attempt 1, which never came to its end$/,
  ],
  [
    "a success by an attempt that was killed",
    (h) => {
      find(h, "run_allow_5").attempt = 3;
    },
    /^X4: row run_allow_5 succeeded with attempt 3/,
  ],
  [
    "a row that never ended",
    (h) => (find(h, "run_allow_3").state = "retrying"),
    /^X3: still retrying at the end/,
  ],
  [
    "a lost run with tries left",
    (h) => Object.assign(find(h, "run_allow_5"), { state: "failed", reason: "lost", attempt: 2 }),
    /^X2: failed as lost after 2 of 3 tries/,
  ],
  [
    "a failure that nobody made",
    (h) => Object.assign(find(h, "run_allow_3"), { state: "failed", reason: "error", attempt: 3 }),
    /^X2: failed as error/,
  ],
  [
    "a skipped fire without a cause",
    (h) => (find(h, "run_skip_8").cause = null),
    /^S3: skipped without a cause/,
  ],
  [
    "a fire skipped for an overlap with nobody",
    (h) =>
      Object.assign(find(h, "run_skip_11"), {
        state: "skipped",
        reason: "overlap",
        cause: "skipped: busy",
        attempt: 0,
      }),
    /^S9: skipped as overlap when no such run was there/,
  ],
  [
    "a fire skipped for an overlap with a run that had long ended",
    (h) => (find(h, "run_skip_8").cause = "skipped: run run_skip_3 of 12:00:03 was still running"),
    /^S9: skipped as overlap when no such run was there/,
  ],
  [
    "an overlap skipped although all may run",
    (h) =>
      Object.assign(find(h, "run_allow_6"), { state: "skipped", reason: "overlap", cause: "skipped: busy" }),
    /^S9: skipped as overlap with overlap allow_all/,
  ],
  [
    "a fire missed while the service was there",
    (h) =>
      Object.assign(find(h, "run_skip_11"), {
        state: "skipped",
        reason: "missed",
        cause: "missed: found late",
      }),
    /^S10: skipped as missed when the service was there/,
  ],
  [
    "a range missed beyond the downtime",
    (h) => (h.downtimes = [{ from: DOWN.from, to: second(7) - 100 }]),
    /^S10: skipped as missed when the service was there/,
  ],
  [
    "a fire skipped for a pause that nobody made",
    (h) =>
      Object.assign(find(h, "run_skip_11"), { state: "skipped", reason: "paused", cause: "skipped: paused" }),
    /^S3: skipped as paused, which nothing here asks for/,
  ],
  [
    "a missed fire that runs although nothing is to be caught up",
    (h) => {
      Object.assign(find(h, "run_skip_6"), { fireThrough: null, fireCount: null });
      const row = rowOf("skip", 7, { queuedAt: DOWN.to, finishedAt: DOWN.to + 90 });
      h.rows.push(row);
      h.witness.push(...execution(row, 1, DOWN.to + 10, DOWN.to + 80));
    },
    /^S10: run_skip_7 for .*12:00:07.* is no row missed of skip/,
  ],
  [
    "a downtime after which the latest fire does not run",
    (h) => doNot(h, "run_latest_7", "missed"),
    /^S10: nothing was caught up: the newest fire is missed of latest/,
  ],
  [
    "a downtime after which more than the latest fire runs",
    (h) => doAfterAll(h, "run_latest_6"),
    /^S10: 2 fires were caught up of latest/,
  ],
  [
    "merged fires although nothing merges",
    (h) => doNot(h, "run_latest_6", "merged"),
    /^S10: rows are merged of latest/,
  ],
  [
    "a downtime after which none of all fires runs",
    (h) => ["run_allow_6", "run_allow_7"].forEach((id) => doNot(h, id, "missed")),
    /^S10: nothing was caught up: the newest fire is missed of allow/,
  ],
  [
    "a downtime after which fewer run than all",
    (h) => doNot(h, "run_allow_6", "missed"),
    /^S10: 1 fires were caught up, and others missed, of allow/,
  ],
  [
    "a downtime after which more run than the most of all",
    (h) => (h.schedules.find(({ id }) => id === "allow")!.catchUp.max = 1),
    /^S10: 2 fires were caught up of allow/,
  ],
  [
    "a downtime after which nothing stands for what was merged",
    (h) => doNot(h, "run_merge_7", "merged"),
    /^S10: nothing was caught up: the newest fire is merged of merge/,
  ],
  [
    "a downtime after which some of what is to be merged is missed",
    (h) => doNot(h, "run_merge_6", "missed"),
    /^S10: fires were missed of merge/,
  ],
  [
    "a downtime after which each of what is to be merged runs",
    (h) => doAfterAll(h, "run_merge_6"),
    /^S10: 2 fires were caught up of merge/,
  ],
  [
    "a fire that was found 8 s late by a service that was there",
    (h) => {
      const row = find(h, "run_allow_11");
      row.queuedAt += 8_000;
      row.finishedAt! += 8_000;
      move(
        h.witness.filter(({ runId }) => runId === row.id),
        8_000,
      );
    },
    /^S4: row run_allow_11 of allow was found 8004 ms after its instant$/,
  ],
  [
    "a fire that was found 8 s late beside one that was killed",
    (h) => {
      Object.assign(find(h, "run_allow_11"), { queuedAt: second(19), finishedAt: second(20) });
      h.deaths = [{ from: second(10), to: second(19) }];
    },
    /^S4: row run_allow_11 of allow was found 8000 ms after its instant$/,
  ],
  [
    "a run that was replaced although nothing replaces",
    (h) => Object.assign(find(h, "run_skip_11"), { state: "cancelled", reason: "replaced" }),
    /^S9: cancelled as replaced with overlap skip/,
  ],
];

describe("the checker of the clock", () => {
  it("passes a sound history with a kill, a downtime and an overlap in it", () => {
    const history = soundHistory();
    expect(faultsOf(history)).to.deep.equal([]);
    expect(history.rows.length).to.be.above(20);
  });

  it("passes a fire that met a run whose service was killed before it could tell the end", () => {
    const history = soundHistory();
    const met = find(history, "run_skip_3");
    find(history, "run_skip_8").cause = `skipped: run ${met.id} of 12:00:03 was still running`;
    expect(faultsOf(history)).to.have.length(1);
    const from = met.finishedAt! + 200;
    expect(faultsOf({ ...history, deaths: [{ from, to: second(7) }] })).to.deep.equal([]);
    const before = { from: met.finishedAt! - 200, to: second(7) };
    expect(faultsOf({ ...history, deaths: [before] })).to.have.length(1);
  });

  it("passes a fire that was found late because its service could not look", () => {
    const history = soundHistory();
    const row = find(history, "run_allow_11");
    Object.assign(row, { queuedAt: second(19), finishedAt: second(20) });
    expect(faultsOf(history)).to.have.length(1);
    expect(faultsOf({ ...history, stalls: [{ from: second(10), to: second(19) }] })).to.deep.equal([]);
  });

  it("passes a fire that was found late where the machine gave nobody more, and none that was late beside it", () => {
    const history = soundHistory();
    const row = find(history, "run_allow_11");
    Object.assign(row, { queuedAt: second(19), finishedAt: second(20) });
    const effort = (n: number, wall: number) => ({ from: second(n), to: second(n) + wall, cpuMs: 10 });
    const efforts = (wall: number) => Array.from({ length: 20 }, (_, n) => effort(n, wall));
    expect(faultsOf({ ...history, machine: efforts(10) }), "a free machine").to.have.length(1);
    expect(faultsOf({ ...history, machine: efforts(30) }), "as slow as the services make it").to.have.length(
      1,
    );
    expect(faultsOf({ ...history, machine: efforts(60) }), "twice as slow").to.deep.equal([]);
    const before = efforts(60).map((one, n) => (n < 8 ? one : effort(n, 10)));
    expect(faultsOf({ ...history, machine: before }), "slow before").to.have.length(1);
  });

  it("refuses each lie on the slowest machine, too: doubled, lost, before its instant, beside each other", () => {
    const machine = Array.from({ length: 40 }, (_, n) => ({ from: second(n), to: second(n + 1), cpuMs: 10 }));
    for (const [what, spoil, fault] of bad.filter(
      ([, , fault]) => !/S4: row|S10|when no such/.test(fault.source),
    )) {
      const history = soundHistory();
      spoil(history);
      expect(faultsOf({ ...history, machine }).join("\n"), what).to.match(new RegExp(fault, "m"));
    }
  });

  it("passes what touches: one begins in the very millisecond in which the other ends", () => {
    const history = soundHistory();
    const before = linesOf(history, "run_skip_2", "end")[0]!;
    const next = history.witness.filter(({ runId }) => runId === "run_skip_3");
    const by = before.monotonic - next[0]!.monotonic;
    for (const one of next) one.monotonic += by;
    expect(faultsOf(history)).to.deep.equal([]);
  });

  for (const [what, spoil, fault] of bad) {
    it(`refuses ${what}`, () => {
      const history = soundHistory();
      spoil(history);
      const faults = faultsOf(history);
      expect(
        faults.filter((one) => fault.test(one)),
        faults.join("\n") || "no fault at all",
      ).to.not.have.length(0);
    });
  }
});
