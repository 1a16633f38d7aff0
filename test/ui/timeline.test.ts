// What the timeline draws, as numbers.
import { expect } from "chai";
import type { PlannedFire, Timeline } from "../../ui/src/api/contract.ts";
import {
  lanesOf,
  loadOf,
  ticksOf,
  type TimelineRun,
  windowAround,
  worstState,
} from "../../ui/src/screens/timeline/lanes.ts";
import { offsetAt } from "../../ui/src/words/zoned.ts";

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const run = (minute: number, more: Partial<TimelineRun> = {}): TimelineRun => ({
  id: `run_${minute}`,
  state: "succeeded",
  reason: null,
  fireAt: at(minute),
  startedAt: at(minute),
  finishedAt: at(minute + 1),
  durationMs: 60_000,
  job: "a",
  source: "default",
  schedule: null,
  trigger: "schedule",
  queuedAt: at(minute),
  fireThrough: null,
  ...more,
});
const fire = (minute: number, job = "a"): PlannedFire => ({
  at: at(minute),
  local: "",
  timeZone: "UTC",
  schedule: "sch_1",
  scheduleName: null,
  job,
  source: "default",
});
const timeline = (runs: TimelineRun[], planned: PlannedFire[] = []): Timeline => ({
  since: at(0),
  until: at(240),
  now: at(120),
  runs,
  planned,
  moreRuns: false,
  morePlanned: false,
});

describe("the lanes of a timeline", () => {
  it("are one for each job, with what has run and what is planned", () => {
    const lanes = lanesOf(timeline([run(10), run(60, { job: "b" })], [fire(130), fire(140, "c")]), 60_000);
    expect(lanes.map(({ address, marks }) => [address, marks.length])).to.deep.equal([
      ["default:a", 2],
      ["default:b", 1],
      ["default:c", 1],
    ]);
    expect(lanes[0]!.marks[0]).to.include({ at: 600_000, to: 660_000 });
  });

  it("gather what would lie on each other, never past with planned, and the worst is seen", () => {
    const runs = [run(10), run(11, { state: "failed" }), run(12), run(30), run(119)];
    const [lane] = lanesOf(timeline(runs, [fire(120), fire(121)]), 5 * 60_000);
    expect(lane!.marks.map((mark) => [mark.runs.length, mark.planned.length])).to.deep.equal([
      [3, 0],
      [1, 0],
      [1, 0],
      [0, 2],
    ]);
    expect(worstState(lane!.marks[0]!.runs)).to.equal("failed");
  });

  it("have bounded marks, however many runs there are", () => {
    const runs = Array.from({ length: 2_000 }, (_, i) => run(i / 10));
    expect(lanesOf(timeline(runs), 60_000)[0]!.marks.length).to.be.at.most(201);
  });

  it("draw a range as long as it is, and what runs up to now", () => {
    const skipped = run(10, { state: "skipped", fireThrough: at(50), startedAt: null, finishedAt: at(50) });
    const running = run(100, { state: "running", finishedAt: null, job: "b" });
    const [a, b] = lanesOf(timeline([skipped, running]), 60_000);
    expect([a!.marks[0]!.to, b!.marks[0]!.to]).to.deep.equal([50 * 60_000, 120 * 60_000]);
  });

  it("count the load by the hour, without what was skipped", () => {
    const runs = [run(10), run(20), run(70), run(80, { state: "skipped" })];
    const load = loadOf(timeline(runs, [fire(125), fire(185)]), { since: 0, until: 240 * 60_000 }, 3_600_000);
    expect(load.map(({ past, planned }) => [past, planned])).to.deep.equal([
      [2, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  it("reach as far behind the instant that they are around as ahead of it", () => {
    expect(windowAround(1_000, 600)).to.deep.equal({ since: 700, until: 1_300 });
  });

  it("S11: have their ticks at whole hours of the zone, also over a clock change", () => {
    const window = windowAround(Date.parse("2027-03-28T01:00:00Z"), 86_400_000);
    const hours = ticksOf(window, 24, (one) => offsetAt(one, "Europe/Berlin")).map((one) =>
      new Date(one + offsetAt(one, "Europe/Berlin")).toISOString().slice(11, 16),
    );
    expect(hours.every((hour) => hour.endsWith(":00"))).to.equal(true);
    expect(new Set(hours).has("02:00")).to.equal(false);
    expect(ticksOf(window, 5, () => 0).length).to.be.at.most(5);
  });
});
