// RunQueries on every database: the newest runs of each job and schedule, attempts, refused records, logs.
import { expect } from "chai";
import type { BriefRun, TaskRun } from "../../src/runs/task-run.ts";
import { finishOf, newRun, T0 } from "./make.ts";
import { line, onEveryRunStore } from "./run-rig.ts";
import { pick, seed, SOURCES } from "./run-seed.ts";

/** Nothing that may be long: a page of 200 jobs shows 6,000 runs, each of which may hold three quarters of a megabyte. */
function briefly(run: TaskRun): BriefRun {
  const { id, source, jobKey, scheduleId, trigger, state, reason } = run;
  const { fireAt, fireThrough, queuedAt, startedAt, finishedAt } = run;
  return {
    ...{ id, source, jobKey, scheduleId, trigger, state, reason },
    ...{ fireAt, fireThrough, queuedAt, startedAt, finishedAt },
  };
}

onEveryRunStore("RunQueries", (rig) => {
  describe("the newest of each", () => {
    it("gives the newest runs of each job, newest first, and an empty list for one without", async () => {
      const all = await seed(rig, 130);
      const jobs = [...SOURCES].flatMap((source) =>
        ["billing/sync", "heartbeat", "unknown", "import", "link-check", "x", "y"].map((key) => ({
          source,
          key,
        })),
      );
      const recent = await rig.queries.recentOf(jobs, 3);
      expect([...recent.keys()]).to.deep.equal(jobs.map(({ source, key }) => `${source}:${key}`));
      for (const { source, key } of jobs) {
        const own = all.filter((run) => run.source === source && run.jobKey === key).reverse();
        expect(recent.get(`${source}:${key}`), `${source}:${key}`).to.deep.equal(
          own.slice(0, 3).map(briefly),
        );
      }
      expect(await rig.queries.recentOf([], 3)).to.deep.equal(new Map());
    });

    it("gives the newest run of each schedule that was executed", async () => {
      await rig.store.insert([
        newRun({ id: "run_1", scheduleId: "sch_1", fireAt: 1 }),
        newRun({ id: "run_2", scheduleId: "sch_1", fireAt: 2 }),
        newRun({ id: "run_3", scheduleId: "sch_1", fireAt: 3, state: "skipped", reason: "overlap" }),
        newRun({ id: "run_4", scheduleId: "sch_2", fireAt: 1, state: "skipped", reason: "paused" }),
        newRun({ id: "run_5", scheduleId: "sch_3", fireAt: 1, availableAt: T0 * 2 }),
        newRun({ id: "run_6", scheduleId: "sch_4", fireAt: 1 }),
      ]);
      await rig.claimAll();
      const ids = ["sch_1", "sch_2", "sch_3", "sch_4", "sch_unknown"];
      const last = await rig.queries.lastOf(ids);
      expect([...last].map(([id, run]) => [id, run.id])).to.have.deep.members([
        ["sch_1", "run_2"],
        ["sch_4", "run_6"],
      ]);
      for (const run of last.values()) expect(run).to.deep.equal(briefly(await rig.get(run.id)));
      expect(await rig.queries.lastOf([])).to.deep.equal(new Map());
    });
  });

  describe("details", () => {
    it("knows nothing of an unknown id", async () => {
      expect(await rig.queries.byId("run_unknown")).to.equal(undefined);
      expect(await rig.queries.attempts("run_unknown")).to.deep.equal([]);
      expect(await rig.queries.logLines("run_unknown", { limit: 9 })).to.deep.equal({
        lines: [],
        hasMore: false,
      });
      expect(await rig.queries.failedRecords("run_unknown", 0, 9)).to.deep.equal([]);
    });

    it("tells the attempts oldest first, and the one that runs now as the last", async () => {
      const first = await rig.running();
      await rig.store.finish(
        finishOf(first, { to: "retrying", reason: "error", cause: "x", availableAt: T0 }),
      );
      expect(
        (await rig.queries.attempts("run_1")).map(({ attempt, state }) => [attempt, state]),
      ).to.deep.equal([[1, "retrying"]]);
      await rig.claimAll({ now: T0 + 7, owner: "worker-2" });
      const attempts = await rig.queries.attempts("run_1");
      expect(attempts).to.have.length(2);
      expect(attempts[1]).to.deep.equal({
        runId: "run_1",
        attempt: 2,
        state: "running",
        reason: null,
        cause: null,
        version: null,
        owner: "worker-2",
        startedAt: T0 + 7,
        finishedAt: null,
        exitCode: null,
        signal: null,
        steps: [],
        groupEmptyAt: null,
        logLines: null,
        late: false,
      });
    });

    it("pages refused records by their number", async () => {
      const run = await rig.running();
      const failedRecords = [1, 2, 3, 4].map((seq) => ({ seq, key: `k${seq}`, reason: null }));
      await rig.store.finish(finishOf(run, { failedRecords }));
      expect(await rig.queries.failedRecords("run_1", 0, 2)).to.deep.equal(failedRecords.slice(0, 2));
      expect(await rig.queries.failedRecords("run_1", 2, 9)).to.deep.equal(failedRecords.slice(2));
      expect(await rig.queries.failedRecords("run_1", 4, 9)).to.deep.equal([]);
    });
  });

  describe("logs", () => {
    const LEVELS = ["debug", "info", "warn", "error"] as const;
    const lines = Array.from({ length: 900 }, (_, i) => ({
      ...line(i + 1, i < 600 ? 1 : 2, `Line ${i + 1} ${"ü".repeat(i % 900)}`),
      level: pick(LEVELS, i),
      ...(i % 50 === 0 ? { fields: { n: i } } : {}),
    }));
    beforeEach(async () => {
      const run = await rig.running();
      await rig.store.finish(finishOf(run, { lines }));
    });

    it("gives every line in order, page by page, from wherever a page ended", async () => {
      const got: unknown[] = [];
      for (let after = 0, more = true; more;) {
        const page = await rig.queries.logLines("run_1", { after, limit: 77 });
        got.push(...page.lines);
        after = page.lines.at(-1)!.seq;
        more = page.hasMore;
      }
      expect(got).to.deep.equal(lines);
      for (const after of [0, 1, 449, 450, 898, 899, 900, 5_000]) {
        const page = await rig.queries.logLines("run_1", { after, limit: 2 });
        expect(
          page.lines.map(({ seq }) => seq),
          `after ${after}`,
        ).to.deep.equal([after + 1, after + 2].filter((seq) => seq <= 900));
        expect(page.hasMore).to.equal(after + 2 < 900);
      }
    });

    it("filters by level, attempt and text, whatever its case", async () => {
      for (const filter of [
        { levels: ["error"] as const },
        { levels: ["warn", "error"] as const, attempt: 2 },
        { q: "LINE 12" },
        { q: "Ü" },
        { q: "line 700", attempt: 1 },
        { levels: [] },
      ]) {
        const expected = lines.filter(
          (one) =>
            (!("levels" in filter) || (filter.levels as readonly string[]).includes(one.level)) &&
            (!("attempt" in filter) || one.attempt === filter.attempt) &&
            (!("q" in filter) || one.text.toLowerCase().includes(filter.q!.toLowerCase())),
        );
        const page = await rig.queries.logLines("run_1", { ...filter, limit: 2_000 } as never);
        expect(page.lines, JSON.stringify(filter)).to.deep.equal(expected);
        expect(page.hasMore).to.equal(false);
      }
    });
  });
});
