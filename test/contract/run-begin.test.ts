// RunStore on every database: a run begins with its insert only where nothing else could be due before it.
import { expect } from "chai";
import { Beginning, KnownVersions } from "../../src/db/run-begin.ts";
import type { ClaimedRun, NewRun, Seat } from "../../src/runs/store.ts";
import { finishOf, newRun, T0 } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("RunStore: a run that begins with its insert", (rig, databases) => {
  let begun: ClaimedRun[];
  let open: number;
  let asked: number;

  const seat = (more: Partial<Seat> = {}): Seat => {
    open++;
    return {
      owner: "worker-1",
      now: T0 + 5,
      take: (run) => void (open--, begun.push(run)),
      leave: () => void open--,
      ...more,
    };
  };

  beforeEach(() => {
    [begun, open, asked] = [[], 0, 0];
    rig.use(rig.database);
    rig.store.onInsert(() => (asked++, seat()));
  });
  afterEach(() => expect(open).to.equal(0));

  /** The store has seen what serves this job. */
  async function seen(version: string, concurrency: number | null = null): Promise<void> {
    await rig.publish("job", version, concurrency);
    const run = await rig.running();
    expect(run.version).to.equal(version);
    await rig.store.finish(finishOf(run));
    expect(begun).to.deep.equal([]);
  }

  async function isQueued(run: NewRun): Promise<void> {
    await rig.store.insert([run]);
    expect(begun).to.deep.equal([]);
    expect((await rig.get(run.id)).state).to.equal("queued");
  }

  if (databases.name === "sqlite") {
    it("its claim rides in the commit of the insert anyway: nobody is asked", async () => {
      await seen("v1");
      await isQueued(newRun());
      expect(asked).to.equal(0);
    });
    return;
  }

  it("is the row of a claimed run, and runs once, with what was asked for", async () => {
    await seen("v1");
    const run = newRun({ params: { n: 1 }, maxAttempts: 3, priority: 2, overrides: { timeoutMs: 5 } });
    await rig.store.insert([run]);
    expect(await rig.claimAll()).to.deep.equal([]);
    const [other] = [newRun({ ...run, id: "run_other" })];
    await rig.store.insert([other], undefined);
    expect(begun.map(({ id }) => id)).to.deep.equal([run.id, "run_other"]);
    const stored = await rig.get(run.id);
    expect(stored).to.include({ state: "running", attempt: 1, version: "v1", startedAt: T0 + 5 });
    const row = await rig.rowOf(run.id);
    expect(row).to.include({ owner: "worker-1", beat: 0, triesUsed: 0, maxAttempts: 3 });
    expect(await rig.store.finish(finishOf(begun[0]!))).to.equal("done");
    expect((await rig.get(run.id)).state).to.equal("succeeded");
  });

  it("hands out what a claim of the same row would", async () => {
    await seen("v1");
    const same = { params: { n: 1 }, maxAttempts: 3, priority: 2, overrides: { timeoutMs: 5 } };
    await rig.store.insert([newRun({ id: "run_begun", ...same })]);
    rig.store.onInsert(() => undefined);
    await rig.store.insert([newRun({ id: "run_queued", ...same })]);
    const [claimed] = await rig.claimAll({ now: T0 + 5 });
    expect(begun[0]).to.deep.equal({ ...claimed, id: "run_begun" });
  });

  it("R2: of a job that serves another version by now is queued, and claimed with that", async () => {
    await seen("v1");
    await rig.database.write((sql) => sql.run("UPDATE jobs SET current_version = 'v2'"));
    await isQueued(newRun({ id: "run_2" }));
    expect((await rig.claimAll())[0]!.version).to.equal("v2");
    await rig.store.insert([newRun({ id: "run_3" })]);
    expect(begun.map(({ version }) => version)).to.deep.equal(["v2"]);
  });

  it("of a job that got a limit meanwhile, or keeps durable values, is queued", async () => {
    await seen("v1");
    await rig.database.write((sql) => sql.run("UPDATE jobs SET concurrency_set = 1"));
    await isQueued(newRun());
    await rig.database.write((sql) => sql.run("UPDATE jobs SET concurrency_set = NULL"));
    await rig.claimAll();
    await rig.database.write((sql) =>
      sql.insert(
        "job_state",
        ["source", "job_key", "scope", "state_key", "value", "updated_at"],
        [["default", "job", "job", "k", "1", T0]],
      ),
    );
    await isQueued(newRun());
  });

  it("S9: of a schedule, of a version that was asked for, of later, or of many is queued", async () => {
    await seen("v1");
    await isQueued(newRun({ scheduleId: "sch_1", fireAt: T0 }));
    await isQueued(newRun({ versionWanted: "v1" }));
    await isQueued(newRun({ availableAt: T0 + 60_000 }));
    await rig.store.insert([newRun(), newRun()]);
    await Promise.all([rig.store.insert([newRun()]), rig.store.insert([newRun()])]);
    expect(begun).to.deep.equal([]);
  });

  it("without a free seat, or without its packages here, is queued", async () => {
    await seen("v1");
    rig.store.onInsert(() => undefined);
    await isQueued(newRun());
    rig.store.onInsert(() => seat({ lacking: new Set(["v1"]) }));
    await isQueued(newRun());
  });

  it("A1: an insert whose answer was lost, done again, begins it all the same, and once", async () => {
    await seen("v1");
    const known = new KnownVersions();
    known.learn({ source: "default", jobKey: "job", version: "v1" } as ClaimedRun);
    const run = newRun();
    const beginning = new Beginning(run, known, () => seat());
    expect(await beginning.insert(rig.database.read)).to.equal(true);
    expect(await beginning.insert(rig.database.read)).to.equal(true);
    beginning.committed();
    beginning.committed();
    expect(begun.map(({ id }) => id)).to.deep.equal([run.id]);
  });

  it("A1: a row that is there and is not ours is left as it is", async () => {
    await seen("v1");
    const run = newRun({ id: "run_1" });
    await rig.store.insert([run]);
    expect(begun).to.deep.equal([]);
    expect((await rig.get("run_1")).state).to.equal("succeeded");
  });
});
