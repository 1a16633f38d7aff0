// Missed stretches cut by pauses, thousands of them: one run for latest, one for merge, one cap, whatever lies between.
import { expect } from "chai";
import type { CatchUpPolicy, Plan, PlannedRow, Schedule } from "../../src/schedules/schedule.ts";
import { settle } from "../../src/schedules/settle.ts";
import type { Suspension } from "../../src/schedules/suspension.ts";
import { type Judged, judge, type Pausing, type Stretch } from "./catch-up-oracle.ts";
import { makeSchedule } from "./make-schedule.ts";
import { pick, type Random, randomOf, whole } from "./random-cron.ts";

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_270_410);
const CASES = 2_500;
const START = Date.UTC(2027, 3, 10);
const POLICIES: readonly CatchUpPolicy[] = ["skip", "latest", "all", "merge"];

interface Case {
  schedule: Schedule;
  stretch: Stretch;
  spans: Suspension[];
}

function randomCase(random: Random): Case {
  const everyMs = pick(random, [1_000, 2_000, 7_000, 60_000]);
  const fires = random() < 0.05 ? whole(random, 1_001, 3_000) : whole(random, 1, 200);
  const cursor = START + whole(random, 0, 999);
  const now = cursor + fires * everyMs + whole(random, 0, everyMs - 1);
  const length = now - cursor;
  const moment = () => cursor + whole(random, -5, Math.ceil(length / 500)) * 500;
  const pauses = Array.from({ length: whole(random, 0, 4) }, (): Pausing => {
    const from = moment();
    return {
      from,
      until: random() < 0.1 ? null : from + whole(random, 0, Math.ceil(length / 2_000)) * 1_000,
    };
  }).filter(({ from }) => from <= now);
  const catchUp = {
    policy: pick(random, POLICIES),
    windowMs: pick(random, [1_000, 30_000, 3_600_000, 7 * 86_400_000]),
    max: pick(random, [0, 1, 3, 100]),
  };
  const replaces = random() < 0.2;
  const maxRuns = !replaces && random() < 0.2 ? whole(random, 1, 5) : null;
  const runsCounted = maxRuns === null ? 0 : whole(random, 0, maxRuns);
  const upSince = pick(random, [START - 1, now, now - whole(random, 0, 20_000)]);
  const all = Array.from({ length: fires + 3 }, (_, i) => START + i * everyMs);
  return {
    schedule: makeSchedule({
      when: { kind: "every", everyMs, anchorAt: START },
      overlap: replaces ? "cancel_other" : "allow_all",
      catchUp,
      maxRuns,
      runsCounted,
      firedThrough: cursor,
    }),
    stretch: {
      fires: all.filter((fire) => fire > cursor && fire <= now),
      now,
      upSince,
      pauses,
      catchUp,
      left: maxRuns === null ? Infinity : maxRuns - runsCounted,
      replaces,
    },
    spans: pauses.map((pause, i) => ({
      ...pause,
      key: `pau_${i}`,
      reason: "paused",
      cause: `skipped: pause ${i}`,
    })),
  };
}

/** Looks a fire up among rows that lie one after the other; fires are to be asked for in ascending order. */
function rowFinder(
  rows: readonly PlannedRow[],
  what: () => string,
): (fire: number) => PlannedRow | undefined {
  let [at, through] = [0, -Infinity];
  for (const { fireAt, fireThrough } of rows) {
    expect(fireAt, what()).to.be.above(through);
    through = fireThrough ?? fireAt;
  }
  return (fire) => {
    while (at < rows.length && (rows[at]!.fireThrough ?? rows[at]!.fireAt) < fire) at++;
    return at < rows.length && rows[at]!.fireAt <= fire ? rows[at] : undefined;
  };
}

function check(plan: Plan, { verdicts, starts, missed }: Judged, what: (fire?: number) => string): void {
  const counts = new Map<PlannedRow, number>();
  const rowOf = rowFinder(plan.rows, what);
  for (const [fire, verdict] of [...verdicts].sort(([a], [b]) => a - b)) {
    const row = rowOf(fire);
    if (!row) {
      const waits = verdict === "paused" && plan.suspended !== null && fire > plan.firedThrough;
      if (!waits) expect.fail(`no row, and it is to be ${verdict}: ${what(fire)}`);
      continue;
    }
    counts.set(row, (counts.get(row) ?? 0) + 1);
    const is = row.outcome === "run" ? "run" : row.reason;
    if (is !== verdict) expect.fail(`${is}, and it is to be ${verdict}: ${what(fire)}`);
    if (is === "run" && starts.has(fire)) expect(row.availableAt, what(fire)).to.equal(starts.get(fire));
    if (is === "run" && missed) {
      const { count, ...ends } = row.missed!;
      expect(ends, what()).to.deep.equal({ from: missed.from, to: missed.to });
      if (count === null) expect(missed.count, what()).to.be.above(900);
      else expect(count, what()).to.equal(missed.count);
    }
  }
  for (const row of plan.rows) {
    const fires = counts.get(row) ?? 0;
    expect(fires, `fires of ${JSON.stringify(row)}: ${what()}`).to.be.above(0);
    if (row.fireThrough !== null && row.fireCount !== null) expect(row.fireCount, what()).to.equal(fires);
  }
}

/** Neighbours with one verdict share a row, save runs and those that a later run replaced. */
function rowsAtMost(fires: readonly number[], { verdicts }: Judged): number {
  const shown = fires.map((fire) => verdicts.get(fire)!);
  return shown.filter((verdict, i) => ["run", "overlap"].includes(verdict) || verdict !== shown[i - 1])
    .length;
}

describe("missed stretches with pauses in them", function () {
  this.timeout(120_000);

  it("S7, S10: what the policy grants it grants once for the whole stretch, and each fire has its one row", () => {
    const random = randomOf(seed);
    let [all, rows, cut] = [0, 0, 0];
    for (let i = 0; i < CASES; i++) {
      const { schedule, stretch, spans } = randomCase(random);
      const what = (fire?: number) =>
        `${fire === undefined ? "" : new Date(fire).toISOString()} seed ${seed}, case ${i}: ${JSON.stringify({ schedule, stretch: { ...stretch, fires: stretch.fires.length } })}`;
      const judged = judge(stretch);
      const plan = settle(schedule, { now: stretch.now, active: [], spans, upSince: stretch.upSince });
      check(plan, judged, what);
      expect(plan.rows.length, what()).to.be.at.most(rowsAtMost(stretch.fires, judged) + spans.length);
      const runs = [...judged.verdicts.values()].filter((verdict) => verdict === "run").length;
      expect(plan.runsCounted, what()).to.equal(schedule.runsCounted + runs);
      all += stretch.fires.length;
      rows += plan.rows.length;
      if (spans.length > 0) cut++;
    }
    console.log(
      `      seed ${seed}: ${CASES} stretches, ${cut} of them with pauses, ${all} fires in ${rows} rows`,
    );
  });
});
