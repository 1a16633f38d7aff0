import { expect } from "chai";
import { DbJobValueStore } from "../../src/db/job-values.ts";
import { removeRuns } from "../../src/db/retention.ts";
import { DbRunFigures } from "../../src/db/run-figures.ts";
import { newRun, T0 } from "./make.ts";
import { onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("what people set right", (rig) => {
  it("durable values are replaced as a whole, scope by scope, and runs read what was written", async () => {
    const store = new DbJobValueStore(rig.database);
    const values = new Map<string, unknown>([
      ["cursor", { page: 3 }],
      ["Cursor", "ä\u0000ö \ud83d\ude80"],
      ["cursor ", null],
    ]);
    await store.replace("default", "job", "", values, T0);
    await store.replace("default", "job", "sch_1", new Map([["a", 1]]), T0 + 5);
    await store.replace("default", "other", "sch_2", new Map([["a", 1]]), T0);
    expect(await rig.store.jobState("default", "job", "")).to.deep.equal(values);
    const kept = await store.of("default", "job", "");
    expect([...kept.values].sort()).to.deep.equal([...values].sort());
    expect(kept.updatedAt).to.equal(T0);
    expect(await store.scopesOf("default", "job", 10)).to.deep.equal(["sch_1"]);
    await store.replace("default", "job", "", new Map([["b", 2]]), T0 + 9);
    expect([...(await store.of("default", "job", "")).values]).to.deep.equal([["b", 2]]);
    await store.replace("default", "job", "sch_1", new Map(), T0);
    expect(await store.of("default", "job", "sch_1")).to.deep.equal({ values: new Map(), updatedAt: null });
    expect(await store.scopesOf("default", "job", 10)).to.deep.equal([]);
  });

  it("of asked runs only those that have ended are removed, with everything that belongs to them", async () => {
    await rig.running();
    await rig.store.insert([newRun({ id: "run_2" }), newRun({ id: "run_3" })]);
    await rig.database.write(async (sql) => {
      await sql.run("UPDATE task_runs SET state = 'failed', finished_at = ? WHERE id = 'run_2'", [T0]);
      for (const id of ["run_1", "run_2"])
        await sql.insert(
          "run_logs",
          ["run_id", "first_seq", "attempt", "line_count", "written_at", "line_texts"],
          [[id, 1, 1, 1, T0, "[]"]],
        );
    });
    const gone = await rig.database.write((sql) => removeRuns(sql, ["run_1", "run_2", "run_3", "run_9"]));
    expect(gone).to.equal(1);
    expect(await rig.queries.byId("run_2")).to.equal(undefined);
    const logs = await rig.database.read.all("SELECT run_id FROM run_logs");
    expect(logs.map((row) => row["run_id"])).to.deep.equal(["run_1"]);
    expect((await rig.get("run_1")).state).to.equal("running");
  });

  it("running attempts are counted by their worker, within sources where asked", async () => {
    const { owner } = await rig.rowOf((await rig.running()).id);
    const figures = new DbRunFigures(rig.database);
    expect([...(await figures.runningByWorker(null))]).to.deep.equal([[owner, 1]]);
    expect([...(await figures.runningByWorker(["default", "x"]))]).to.deep.equal([[owner, 1]]);
    expect([...(await figures.runningByWorker(["x"]))]).to.deep.equal([]);
    expect([...(await figures.runningByWorker([]))]).to.deep.equal([]);
  });
});
