// What a schedule owes when it was suspended at times, by tables: each suspension one range row, nothing else lost.
import { expect } from "chai";
import { settle } from "../../src/schedules/settle.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import {
  type Pause,
  type ScopedPause,
  suspensionsOf,
  type Unavailable,
} from "../../src/schedules/suspension.ts";
import { activeRun, brief, makeSchedule } from "./make-schedule.ts";
import { day } from "./service-set-up.ts";
import { costMs } from "../support/cost.ts";

const pause = (from: string, until: string | null = null, more: Partial<Pause> = {}): Pause => ({
  by: "ana",
  reason: null,
  at: day(from),
  until: until === null ? null : day(until),
  ...more,
});

const scoped = (
  id: string,
  from: string,
  ended: string | null,
  more: Partial<ScopedPause> = {},
): ScopedPause => ({
  ...pause(from),
  id,
  scope: { kind: "all" },
  endedAt: ended === null ? null : day(ended),
  endedBy: null,
  endedReason: null,
  ...more,
});

interface Given {
  schedule?: Partial<Schedule>;
  pauses?: ScopedPause[];
  unavailable?: Unavailable;
}

function settled(now: string, { schedule: changes = {}, pauses = [], unavailable }: Given = {}) {
  const schedule = makeSchedule({ overlap: "allow_all", ...changes });
  const spans = suspensionsOf(schedule, pauses, unavailable, day(now));
  const plan = settle(schedule, { now: day(now), active: [], spans });
  return { ...plan, brief: brief(plan.rows), at: schedule };
}

const ALL = { catchUp: { policy: "all" as const, windowMs: 86_400_000, max: 100 } };

describe("settling through suspensions", () => {
  it("S7: a pause that goes on costs no row yet: the cursor waits for its end, and nobody is woken", () => {
    const plan = settled("03:30:00", { schedule: { paused: pause("00:40:00") } });
    expect(plan.brief).to.deep.equal([]);
    expect(plan).to.include({ firedThrough: day("00:40:00"), nextFireAt: null });
    expect(plan.suspended).to.deep.equal({
      key: "paused",
      reason: "paused",
      cause: "skipped: the schedule was paused by ana",
      from: day("00:40:00"),
    });
  });

  it("S3: until passes by itself: one range row up to it, and the fire of that very instant runs", () => {
    const paused = pause("00:40:00", "03:00:00", { reason: "deploy" });
    const before = settled("02:59:59", { schedule: { paused } });
    expect(before).to.deep.include({ brief: [], nextFireAt: day("03:00:00") });
    const { firedThrough, suspended } = before;
    const after = settled("03:00:00", { schedule: { paused, firedThrough, suspended: suspended! } });
    expect(after.brief).to.deep.equal(["skip paused 01:00..02:00 x2", "run 03:00"]);
    expect(after.rows[0]!.cause).to.equal("skipped: the schedule was paused by ana: deploy");
    expect(after).to.deep.include({
      firedThrough: day("03:00:00"),
      nextFireAt: day("04:00:00"),
      suspended: null,
    });
  });

  it("S7: what was due before the pause began is owed all the same", () => {
    const plan = settled("03:30:00", { schedule: { ...ALL, paused: pause("01:30:00", "02:30:00") } });
    expect(plan.brief).to.deep.equal(["run 01:00", "skip paused 02:00", "run 03:00"]);
  });

  it("two suspensions one over the other: the first in force keeps it to its end, then the other one", () => {
    const plan = settled("06:30:00", {
      schedule: { ...ALL, paused: pause("00:40:00", "03:30:00") },
      pauses: [scoped("pau_a", "02:30:00", "05:30:00"), scoped("pau_b", "01:30:00", "02:10:00")],
    });
    expect(plan.brief).to.deep.equal([
      "skip paused 01:00..03:00 x3",
      "skip paused 04:00..05:00 x2",
      "run 06:00",
    ]);
    expect(plan.rows.map(({ cause }) => cause)).to.deep.equal([
      "skipped: the schedule was paused by ana",
      "skipped: everything was paused by ana",
      "caught up 30m 0s late (catch-up policy all)",
    ]);
  });

  it("only pauses that cover its job and its source hold", () => {
    const other = scoped("pau_a", "00:40:00", null, { scope: { kind: "source", source: "acme" } });
    const otherJob = scoped("pau_b", "00:40:00", null, {
      scope: { kind: "job", source: "default", jobKey: "other" },
    });
    expect(settled("01:00:00", { pauses: [other, otherJob] }).brief).to.deep.equal(["run 01:00"]);
    const own = scoped("pau_c", "00:40:00", null, {
      scope: { kind: "job", source: "default", jobKey: "echo" },
      reason: "migration",
    });
    const plan = settled("01:00:00", { pauses: [other, own] });
    expect(plan.brief).to.deep.equal([]);
    expect(plan.suspended).to.include({
      key: "pau_c",
      cause: 'skipped: the job "echo" was paused by ana: migration',
    });
  });

  it("a suspension that nobody knows of any more is over: its range ends now", () => {
    const suspended = {
      key: "job_missing",
      reason: "job_missing" as const,
      cause: "skipped: gone",
      from: day("00:40:00"),
    };
    const plan = settled("03:30:00", { schedule: { suspended } });
    expect(plan.brief).to.deep.equal(["skip job_missing 01:00..03:00 x3"]);
    expect(plan).to.deep.include({ suspended: null, nextFireAt: day("04:00:00") });
  });

  it("R4: a job that is missing suspends from the first fire that it costs on", () => {
    const unavailable = { reason: "job_missing" as const, cause: "skipped: gone" };
    const plan = settled("01:00:00", { unavailable });
    expect(plan).to.deep.include({ brief: [], firedThrough: day("00:30:00"), nextFireAt: null });
    expect(plan.suspended).to.include({ key: "job_missing", cause: "skipped: gone" });
  });

  it("switched off says by whom, and goes on until it is switched on", () => {
    const plan = settled("03:30:00", {
      schedule: { enabled: false, disabled: { by: "ana", at: day("01:30:00") } },
    });
    expect(plan.brief).to.deep.equal(["skip missed 01:00"]);
    expect(plan.suspended).to.include({ cause: "skipped: the schedule was switched off by ana" });
  });

  it("S6: a clock behind the cursor owes nothing, and what suspends it stays", () => {
    const paused = pause("02:00:00", "04:00:00");
    const first = settled("02:30:00", { schedule: { paused, firedThrough: day("02:00:00") } });
    const back = settled("01:00:00", {
      schedule: { paused, firedThrough: first.firedThrough, suspended: first.suspended! },
    });
    expect(back).to.deep.include({
      brief: [],
      firedThrough: day("02:00:00"),
      suspended: first.suspended,
      nextFireAt: day("04:00:00"),
    });
  });

  it("S10: a suspension of years is one range that nobody counts, in bounded time", () => {
    const settleAll = () =>
      settled("03:30:00", {
        schedule: {
          when: { kind: "cron", cron: "* * * * * *", timeZone: "UTC", gap: "next", repeat: "first" },
          firedThrough: day("00:30:00") - 5 * 365 * 86_400_000,
          paused: { ...pause("00:00:00", "03:00:00"), at: day("00:30:00") - 5 * 365 * 86_400_000 },
          catchUp: { policy: "skip", windowMs: 1000, max: 1 },
        },
      });
    expect(costMs(() => void settleAll(), 500)).to.be.below(500);
    const plan = settleAll();
    expect(plan.rows[0]).to.include({ reason: "paused", fireThrough: day("02:59:59"), fireCount: null });
  });
});

describe("a missed stretch that pauses cut", () => {
  const pauses = [
    scoped("pau_a", "02:30:00", "03:30:00"),
    scoped("pau_b", "04:30:00", "05:30:00", { reason: "deploy" }),
  ];
  const cut = (policy: "skip" | "latest" | "all" | "merge", changes: Partial<Schedule> = {}, max = 100) =>
    settled("07:30:00", {
      schedule: { catchUp: { policy, windowMs: 86_400_000, max }, ...changes },
      pauses,
    });

  it("S10: latest makes one run, the newest, and says so of each part", () => {
    const plan = cut("latest");
    expect(plan.brief).to.deep.equal([
      "skip missed 01:00..02:00 x2",
      "skip paused 03:00",
      "skip missed 04:00",
      "skip paused 05:00",
      "skip missed 06:00",
      "run 07:00",
    ]);
    for (const i of [0, 2, 4])
      expect(plan.rows[i]!.cause).to.equal(
        "missed: catch-up policy latest runs only the newest missed fire, that of 2027-01-10 07:00 +00:00",
      );
  });

  it("S10: latest runs nothing of it beside a fire that is on time", () => {
    const schedule = { catchUp: { policy: "latest" as const, windowMs: 86_400_000, max: 100 } };
    expect(settled("06:00:02", { schedule, pauses }).brief).to.deep.equal([
      "skip missed 01:00..02:00 x2",
      "skip paused 03:00",
      "skip missed 04:00",
      "skip paused 05:00",
      "run 06:00",
    ]);
  });

  it("S10: merge makes one run that stands for all of it, without what was paused", () => {
    expect(cut("merge").brief).to.deep.equal([
      "skip merged 01:00..02:00 x2",
      "skip paused 03:00",
      "skip merged 04:00",
      "skip paused 05:00",
      "skip merged 06:00",
      "run 07:00 for 01:00..07:00 x5",
    ]);
  });

  it("S10: the cap of all counts over the whole, and so does the time between its runs", () => {
    const plan = cut("all", {}, 3);
    expect(plan.brief).to.deep.equal([
      "skip missed 01:00..02:00 x2",
      "skip paused 03:00",
      "run 04:00",
      "skip paused 05:00",
      "run 06:00",
      "run 07:00",
    ]);
    const starts = plan.rows.filter(({ outcome }) => outcome === "run").map(({ availableAt }) => availableAt);
    expect(starts.map((at) => at - day("07:30:00"))).to.deep.equal([0, 1000, 2000]);
  });

  it("S9: cancel_other leaves one run of it", () => {
    expect(cut("all", { overlap: "cancel_other" }).brief).to.deep.equal([
      "skip overlap 01:00",
      "skip overlap 02:00",
      "skip paused 03:00",
      "skip overlap 04:00",
      "skip paused 05:00",
      "skip overlap 06:00",
      "run 07:00",
    ]);
  });

  it("S12: maxRuns counts over the whole", () => {
    expect(cut("all", { maxRuns: 3 }).brief).to.deep.equal([
      "run 01:00",
      "run 02:00",
      "skip paused 03:00",
      "run 04:00",
      "skip paused 05:00",
      "skip limit 06:00..07:00 x2",
    ]);
  });

  it("S7, S10: what lies before a pause that goes on is caught up once as well", () => {
    const open = [pauses[0]!, scoped("pau_c", "04:30:00", null)];
    const schedule = { catchUp: { policy: "latest" as const, windowMs: 86_400_000, max: 100 } };
    const plan = settled("07:30:00", { schedule, pauses: open });
    expect(plan.brief).to.deep.equal(["skip missed 01:00..02:00 x2", "skip paused 03:00", "run 04:00"]);
    expect(plan).to.deep.include({ firedThrough: day("04:30:00"), nextFireAt: null });
    expect(plan.suspended).to.include({ key: "pau_c" });
  });
});

describe("skips that were asked for", () => {
  const skips = [{ at: day("02:00:00"), by: "ana", reason: "holiday" }];

  it("S3: the fire becomes a skipped row that says who asked and why", () => {
    const plan = settled("02:00:00", { schedule: { skips, firedThrough: day("01:30:00") } });
    expect(plan.brief).to.deep.equal(["skip asked 02:00"]);
    expect(plan.rows[0]!.cause).to.equal("skipped: ana asked for it: holiday");
    expect(plan).to.include({ runsCounted: 0, nextFireAt: day("03:00:00") });
  });

  it("S1: inside a range of missed fires it keeps a row of its own, and the range is two", () => {
    const missed = { policy: "skip" as const, windowMs: 1000, max: 1 };
    const plan = settled("03:30:00", { schedule: { skips, catchUp: missed } });
    expect(plan.brief).to.deep.equal(["skip missed 01:00", "skip asked 02:00", "skip missed 03:00"]);
    const longer = settled("05:30:00", { schedule: { skips, catchUp: missed } });
    expect(longer.brief).to.deep.equal([
      "skip missed 01:00",
      "skip asked 02:00",
      "skip missed 03:00..05:00 x3",
    ]);
  });

  it("S10: what is caught up leaves it out", () => {
    const rows = (policy: "latest" | "all" | "merge") =>
      settled("02:30:00", { schedule: { skips, catchUp: { policy, windowMs: 86_400_000, max: 100 } } }).brief;
    expect(rows("latest")).to.deep.equal(["run 01:00", "skip asked 02:00"]);
    expect(rows("all")).to.deep.equal(["run 01:00", "skip asked 02:00"]);
    expect(rows("merge")).to.deep.equal(["run 01:00 for 01:00..01:00 x1", "skip asked 02:00"]);
  });

  it("S9: it meets nobody and is met by nobody", () => {
    const schedule = makeSchedule({ skips, firedThrough: day("01:30:00"), overlap: "cancel_other" });
    const plan = settle(schedule, {
      now: day("02:00:00"),
      active: [activeRun("run_a", "running")],
      spans: [],
    });
    expect(brief(plan.rows)).to.deep.equal(["skip asked 02:00"]);
    expect(plan.cancel).to.deep.equal([]);
  });

  it("a skip of an instant that the calendar no longer has does nothing", () => {
    const plan = settled("02:30:00", {
      schedule: { skips: [{ ...skips[0]!, at: day("02:15:00") }], firedThrough: day("01:30:00"), ...ALL },
    });
    expect(plan.brief).to.deep.equal(["run 02:00"]);
  });

  it("S3, S10: in a range that nobody enumerates it has its row all the same", () => {
    const schedule = {
      when: { kind: "every" as const, everyMs: 1000, anchorAt: day("00:00:00") },
      skips: [
        { at: day("01:00:00"), by: "ana", reason: null },
        { at: day("02:00:00.500"), by: "ana", reason: "the calendar no longer has it" },
        { at: day("03:29:00"), by: "ana", reason: null },
      ],
      catchUp: { policy: "skip" as const, windowMs: 1000, max: 1 },
    };
    const plan = settled("03:30:00", { schedule });
    expect(plan.brief.slice(0, 5)).to.deep.equal([
      "skip missed 00:30:01..00:59:59 x?",
      "skip asked 01:00",
      "skip missed 01:00:01..03:28:59 x?",
      "skip asked 03:29",
      "skip missed 03:29:01..03:29:49 x49",
    ]);
  });
});

describe("downtime and stall", () => {
  const found = (policy: "skip" | "latest", upSince: string | undefined) => {
    const schedule = makeSchedule({ catchUp: { policy, windowMs: 3_600_000, max: 100 } });
    const since = upSince === undefined ? {} : { upSince: day(upSince) };
    return brief(settle(schedule, { now: day("01:00:04"), active: [], spans: [], ...since }).rows);
  };

  it("S4, S10: four seconds late while the service was up is on time, whatever the policy", () => {
    expect(found("skip", "00:10:00")).to.deep.equal(["run 01:00"]);
    expect(found("skip", "01:00:00")).to.deep.equal(["run 01:00"]);
    expect(found("latest", "00:10:00")).to.deep.equal(["run 01:00"]);
  });

  it("S10: after a restart within 10 s a fire of the downtime was missed: skip skips it, latest runs the newest", () => {
    expect(found("skip", "01:00:03")).to.deep.equal(["skip missed 01:00"]);
    expect(found("latest", "01:00:03")).to.deep.equal(["run 01:00"]);
    const schedule = makeSchedule({
      when: { kind: "every", everyMs: 1000, anchorAt: 0 },
      firedThrough: day("01:00:00"),
      overlap: "allow_all",
    });
    const at = { active: [], spans: [], upSince: day("01:00:04.500") };
    expect(brief(settle(schedule, { ...at, now: day("01:00:04.500") }).rows)).to.deep.equal([
      "skip missed 01:00:01..01:00:03 x3",
      "run 01:00:04",
    ]);
    expect(brief(settle(schedule, { ...at, now: day("01:00:05") }).rows)).to.deep.equal([
      "skip missed 01:00:01..01:00:04 x4",
      "run 01:00:05",
    ]);
  });
});
