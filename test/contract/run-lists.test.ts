// RunQueries on every database: every filter against a plain filter over the same rows, page by page.
import { expect } from "chai";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { newId } from "../../src/ids.ts";
import type { RunFilter } from "../../src/runs/queries.ts";
import { RUN_STATES, type TaskRun } from "../../src/runs/task-run.ts";
import { newRun, T0 } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";
import { matches, MINUTE, pick, seed } from "./run-seed.ts";

const job = (address: string) => {
  const [source, key] = address.split(":") as [string, string];
  return { source, key };
};

const FILTERS: Omit<RunFilter, "limit">[] = [
  {},
  { jobs: [job("default:billing/sync")] },
  { jobs: [job("default:billing/sync"), job("builtin:import"), job("default:billing/sync"), job("x:y")] },
  { jobs: Array.from({ length: 20 }, (_, i) => job(`default:${i === 7 ? "import" : i}`)) },
  { jobs: [job("default:import"), job("builtin:import")], sources: ["builtin", "tenant-b"] },
  { jobs: [job("default:import")], notSources: ["default"] },
  { jobs: [job("default:import")], states: ["failed", "succeeded"], triggers: ["api", "cli"] },
  { notJobs: [job("default:import"), job("builtin:heartbeat")] },
  { scheduleId: "sch_2" },
  { scheduleId: "sch_1", notStates: ["skipped"], sources: ["default"] },
  { scheduleId: "unknown" },
  { states: ["failed"] },
  { states: ["queued", "running", "retrying"] },
  { states: [...RUN_STATES] },
  { states: ["failed"], reasons: ["timeout", "crash"], notTriggers: ["api"] },
  { notStates: ["succeeded", "skipped"] },
  { notReasons: ["timeout", "user"] },
  { reasons: ["user"] },
  { triggers: ["manual"] },
  { notTriggers: ["manual", "cli"] },
  { sources: ["tenant-b"] },
  { sources: ["tenant-b", "builtin", "unknown"], states: ["succeeded"] },
  { notSources: ["builtin"] },
  { recordsFailed: true },
  { recordsFailed: false, states: ["succeeded"] },
  { since: T0 + 20 * MINUTE, until: T0 + 60 * MINUTE },
  { since: T0 + 20 * MINUTE, states: ["failed"] },
  { until: T0 + 1 },
  { until: 0 },
  { since: Number.MAX_SAFE_INTEGER },
  { text: "TIMED OUT" },
  { text: "ünïCODE" },
  { text: 'could not "open" äö' },
  { text: "sync", states: ["failed", "cancelled"], sources: ["default", "builtin"] },
  { text: "%" },
  { text: "_imed" },
  { states: [] },
  { sources: [] },
  { jobs: [] },
  { reasons: [] },
  { triggers: [] },
  { notJobs: [], notReasons: [], notSources: [], notStates: [], notTriggers: [] },
];

onEveryRunStore("RunQueries: lists", (rig) => {
  describe("lists", () => {
    let all: TaskRun[] = [];
    beforeEach(async () => (all = await seed(rig, 130)));

    for (const filter of FILTERS) {
      it(`holds ${JSON.stringify(filter).slice(0, 120)}`, async () => {
        const expected = all.filter((run) => matches(run, filter));
        for (const order of ["newest", "oldest"] as const) {
          const wanted = order === "oldest" ? expected : [...expected].reverse();
          const got: TaskRun[] = [];
          for (let after: string | undefined, more = true; more;) {
            const page = await rig.queries.list({ ...filter, limit: 17, after, order });
            expect(page.runs.length).to.be.at.most(17);
            got.push(...page.runs);
            expect(got.length).to.be.at.most(all.length);
            after = page.runs.at(-1)?.id;
            more = page.hasMore;
          }
          expect(got.map(({ id }) => id)).to.deep.equal(wanted.map(({ id }) => id));
          expect(got).to.deep.equal(wanted);
        }
        const counted = { count: expected.length, capped: false };
        expect(await rig.queries.count({ ...filter, limit: 1 }, 1_000)).to.deep.equal(counted);
        expect(await rig.queries.count({ ...filter, limit: 1 }, 5)).to.deep.equal({
          count: Math.min(5, expected.length),
          capped: expected.length > 5,
        });
      });
    }

    it("has no more after exactly the last one", async () => {
      expect((await rig.queries.list({ limit: 130 })).hasMore).to.equal(false);
      expect((await rig.queries.list({ limit: 129 })).hasMore).to.equal(true);
      expect((await rig.queries.list({ limit: 10, after: all[0]!.id })).runs).to.deep.equal([]);
    });
  });

  it("ends a page before its params and results fill the memory, says where, and leaves out none", async () => {
    const KIB = 1024;
    const sizes = [900, 250, 0, 600, 5_000, 250, ...Array.from({ length: 25 }, () => 250)];
    const runs = sizes.map((size, i) =>
      newRun({ id: newId("run", T0 - i), queuedAt: T0 - i, params: { long: "ü".repeat((size * KIB) / 2) } }),
    );
    await rig.store.insert(runs);
    for (const order of ["newest", "oldest"] as const) {
      const got: TaskRun[] = [];
      for (let after: string | undefined, more = true; more;) {
        const page = await rig.queries.list({ limit: 200, after, order });
        const bytes = page.runs.reduce((sum, { params }) => sum + JSON.stringify(params).length * 2, 0);
        if (page.runs.length !== 1) expect(bytes).to.be.at.most(4 * KIB * KIB);
        expect(page).to.include({ hasMore: page.next !== null, partial: page.next !== null });
        got.push(...page.runs);
        after = page.next ?? undefined;
        more = page.hasMore;
      }
      const wanted = order === "newest" ? runs : [...runs].reverse();
      expect(got.map(({ id, params }) => ({ id, params }))).to.deep.equal(
        wanted.map(({ id, params }) => ({ id, params })),
      );
      const brief = await rig.queries.listBriefly({ limit: 200, order });
      expect(brief.runs.map(({ id }) => id)).to.deep.equal(wanted.map(({ id }) => id));
      expect(brief.runs[0]).not.to.have.any.keys("params", "result", "error");
    }
  });

  it("finds what few rows match behind many that do not, in a list that no index answers", async function () {
    this.timeout(60_000);
    const rows = Array.from({ length: 25_000 }, (_, i) => {
      const queuedAt = T0 + i;
      const rare = i === 3 || i === 12_345 || i === 24_999;
      return newRun({
        id: newId("run", queuedAt),
        queuedAt,
        trigger: rare ? "manual" : "api",
        // In a list of its newest 20,000 rows a text is looked for.
        cause: i === 4_999 || i === 5_001 || i === 20_000 ? "needle" : null,
      });
    });
    for (let i = 0; i < rows.length; i += 5_000) await rig.store.insert(rows.slice(i, i + 5_000));
    const found = await rig.queries.list({ triggers: ["manual"], limit: 2 });
    expect(found.runs.map((run) => run.queuedAt - T0)).to.deep.equal([24_999, 12_345]);
    expect(found.hasMore).to.equal(true);
    const rest = await rig.queries.list({ triggers: ["manual"], limit: 2, after: found.runs[1]!.id });
    expect(rest.runs.map((run) => run.queuedAt - T0)).to.deep.equal([3]);
    const oldest = await rig.queries.list({ triggers: ["manual"], limit: 9, order: "oldest" });
    expect(oldest.runs.map((run) => run.queuedAt - T0)).to.deep.equal([3, 12_345, 24_999]);
    const whole = { count: 3, capped: false };
    expect(await rig.queries.count({ triggers: ["manual"], limit: 1 }, 100)).to.deep.equal(whole);
    const many = { count: 10_000, capped: true };
    expect(await rig.queries.count({ triggers: ["api"], limit: 1 }, 10_000)).to.deep.equal(many);
    expect(await rig.queries.count({ limit: 1 }, 10_000)).to.deep.equal(many);
    const said = await rig.queries.list({ text: "NEEDLE", limit: 9 });
    expect(said.runs.map((run) => run.queuedAt - T0)).to.deep.equal([20_000, 5_001]);
    expect(said).to.include({ hasMore: true, partial: true });
    const old = await rig.queries.list({ text: "NEEDLE", limit: 9, after: said.next! });
    expect(old.runs.map((run) => run.queuedAt - T0)).to.deep.equal([4_999]);
    expect(old).to.include({ hasMore: false, next: null, partial: false });
    // Whoever has no time looks at one slice, and says where it ended: page by page nothing is left out or told twice.
    const hasty = new DbRunQueries(rig.database, { lookMs: 0 });
    // A count looks no further than a page: at the newest rows, and says that there may be more.
    for (const filter of [{ triggers: ["manual"] }, { text: "needle" }] as const) {
      const order = "newest";
      const counted = await hasty.count({ ...filter, limit: 1, order }, 10_000);
      expect(counted).to.deep.equal({ count: "text" in filter ? 0 : 1, capped: true });
    }
    for (const order of ["newest", "oldest"] as const) {
      const states = ["queued", "failed"] as const;
      for (const filter of [{ triggers: ["manual"] }, { triggers: ["manual"], states }, { text: "needle" }]) {
        const told: number[] = [];
        let pages = 0;
        for (let after: string | undefined, more = true; more; pages++) {
          const page = await hasty.list({ ...filter, limit: 2, after, order });
          told.push(...page.runs.map((run) => run.queuedAt - T0));
          [after, more] = [page.next ?? undefined, page.hasMore];
          if (page.partial) expect(page.hasMore).to.equal(true);
        }
        const wanted = "text" in filter ? [4_999, 5_001, 20_000] : [3, 12_345, 24_999];
        expect(told, order).to.deep.equal(order === "oldest" ? wanted : wanted.toReversed());
        expect(pages).to.be.within(12, 16);
      }
    }
  });

  it("a job is found by source and key together, and by every letter", async () => {
    await rig.store.insert([
      newRun({ id: "run_1", source: "a", jobKey: "b" }),
      newRun({ id: "run_2", source: "b", jobKey: "a" }),
      newRun({ id: "run_3", source: "a", jobKey: "B" }),
    ]);
    const ids = async (filter: object) =>
      (await rig.queries.list({ ...filter, limit: 9 })).runs.map(({ id }) => id);
    expect(await ids({ jobs: [{ source: "a", key: "b" }] })).to.deep.equal(["run_1"]);
    expect(await ids({ notJobs: [{ source: "a", key: "b" }] })).to.deep.equal(["run_3", "run_2"]);
    expect(await ids({ sources: ["a"] })).to.deep.equal(["run_3", "run_1"]);
  });

  it("a source with more jobs than there are ways to look is listed all the same", async () => {
    await rig.store.insert(
      Array.from({ length: 60 }, (_, i) =>
        newRun({ id: `run_${i + 10}`, source: pick(["a", "b"], i), jobKey: `j${i}` }),
      ),
    );
    const { runs, hasMore } = await rig.queries.list({ sources: ["b"], limit: 3 });
    expect(runs.map(({ id }) => id)).to.deep.equal(["run_69", "run_67", "run_65"]);
    expect(hasMore).to.equal(true);
    const counted = await rig.queries.count({ sources: ["b"], limit: 1 }, 100);
    expect(counted).to.deep.equal({ count: 30, capped: false });
  });
});
