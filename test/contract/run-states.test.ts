// Every state of a run against every move of the table: a row moves exactly when the table allows it.
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { isDuplicate } from "../../src/db/sql.ts";
import { isFinal, isWaiting, mayMove, type Mover, MOVES } from "../../src/runs/state.ts";
import type { ClaimRequest } from "../../src/runs/store.ts";
import { RUN_STATES, type RunState } from "../../src/runs/task-run.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { cancelOf, claimOf, finishOf, newRun, T0 } from "./make.ts";
import { claimOnce } from "./claim-once.ts";

type End = "succeeded" | "failed" | "retrying" | "queued" | "cancelled";

onEveryDatabase("RunStore: who may move a run", (databases) => {
  let database: Database;
  let store: DbRunStore;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
    store = new DbRunStore(database);
  });
  beforeEach(() =>
    database.write(async (sql) => {
      for (const table of ["task_runs", "run_attempts"]) await sql.run(`DELETE FROM ${table}`);
    }),
  );

  const stateOf = async (id: string) => (await new DbRunQueries(database).byId(id))?.state;

  /** A row as it lies in the table when it is in that state; null: no row. */
  async function put(
    id: string,
    state: RunState | null,
    reason: "lost" | null = null,
  ): Promise<{ id: string; attempt: number }> {
    const attempt = state === "queued" || state === "skipped" || state === null ? 0 : 1;
    if (state === null) return { id, attempt };
    await store.insert([newRun({ id, ...(state === "skipped" ? { state, reason: "overlap" } : {}) })]);
    await database.write(async (sql) => {
      await sql.run(
        "UPDATE task_runs SET state = ?, reason = ?, attempt = ?, queue_rank = ?, owner = ?, beat = ?, started_at = ?, finished_at = ? WHERE id = ?",
        [
          state,
          reason,
          attempt,
          isWaiting(state) ? 0 : null,
          attempt === 0 ? null : "worker-1",
          state === "running" ? 3 : null,
          attempt === 0 ? null : T0,
          isFinal(state) ? T0 : null,
          id,
        ],
      );
      if (attempt === 1 && state !== "running")
        await sql.insert(
          "run_attempts",
          ["run_id", "attempt", "state", "reason", "started_at", "finished_at"],
          [[id, 1, state, reason, T0, T0]],
        );
    });
    return { id, attempt };
  }

  /** Tries the move by the store's own method. */
  async function move(run: { id: string; attempt: number }, to: RunState, who: Mover): Promise<void> {
    switch (who) {
      case "scheduler":
      case "caller":
        if (to === "cancelled") {
          await store.requestCancel(run.id, cancelOf(), T0);
          return;
        }
        return store
          .insert([newRun({ id: run.id, state: to as "queued" | "skipped" })])
          .catch((error: unknown) => {
            if (!isDuplicate(error)) throw error;
          });
      case "worker":
        if (to === "running") {
          await claimOnce(store, claimOf());
          return;
        }
        await store.finish(finishOf(run, { to: to as End }));
        return;
      case "spool":
        await store.finish(
          finishOf(run, {
            to: to as End,
            reason: to === "failed" || to === "retrying" ? "error" : null,
            cause: "told late",
          }),
        );
        return;
      case "sweeper": {
        const row = {
          id: run.id,
          source: "default",
          jobKey: "job",
          owner: "worker-1",
          attempt: run.attempt,
          beat: 3,
          triesUsed: 0,
          maxAttempts: 1,
          startedAt: T0,
        };
        await store.reap(row, to as "failed" | "retrying" | "queued", T0, "given up");
      }
    }
  }

  const kinds = new Map(MOVES.map(({ to, who }) => [`${who} -> ${to}`, { to, who }]));
  for (const from of [null, ...RUN_STATES]) {
    for (const { to, who } of kinds.values()) {
      // To a row that still runs the spool brings the end that its worker would have brought.
      if (who === "spool" && from === "running") continue;
      const allowed = mayMove(from, to, who);
      it(`${from ?? "no row"} ${allowed ? "goes" : "does not go"} to ${to} by the ${who}`, async () => {
        const run = await put("run_1", from, who === "spool" ? "lost" : null);
        await move(run, to, who);
        expect(await stateOf("run_1")).to.equal(allowed ? to : (from ?? undefined));
        if (who !== "spool" || run.attempt === 0) return;
        const told = (await new DbRunQueries(database).byId("run_1"))?.cause;
        expect(told ?? null, "and says what it really ended as").to.equal(allowed ? "told late" : null);
      });
    }
  }

  for (const reason of ["crash", "timeout", "no_result", "protocol"] as const) {
    it(`X2: what was lost stays lost when it is told late that it ended as ${reason}: that is no result`, async () => {
      const run = await put("run_1", "failed", "lost");
      await store.finish(finishOf(run, { to: "failed", reason, cause: "told late" }));
      const after = await new DbRunQueries(database).byId("run_1");
      expect(after).to.include({ state: "failed", reason: "lost" });
      expect(after?.cause).not.to.equal("told late");
    });
  }

  it("moves no run for a worker whose attempt is not the run's, nor for a sweeper that read another beat", async () => {
    const run = await put("run_1", "running");
    for (const attempt of [0, 2]) {
      for (const to of ["succeeded", "failed", "retrying", "queued", "cancelled"] as const)
        await store.finish(finishOf({ ...run, attempt }, { to }));
      await move({ ...run, attempt }, "failed", "sweeper");
    }
    await database.write((sql) => sql.run("UPDATE task_runs SET beat = 4"));
    await move(run, "retrying", "sweeper");
    expect(await stateOf("run_1")).to.equal("running");
  });

  it("claims no waiting run before its instant, none of another source, none that was asked to end", async () => {
    await store.insert([
      newRun({ id: "run_1", availableAt: T0 + 1 }),
      newRun({ id: "run_2", source: "other" }),
      newRun({ id: "run_3" }),
    ]);
    await database.write((sql) => sql.run("UPDATE task_runs SET cancel_requested_at = 1 WHERE id = 'run_3'"));
    const { claimed } = await claimOnce(store, claimOf());
    expect(claimed).to.deep.equal([]);
    const later: ClaimRequest = claimOf({ now: T0 + 1 });
    expect((await claimOnce(store, later)).claimed.map(({ id }) => id)).to.deep.equal(["run_1"]);
  });
});
