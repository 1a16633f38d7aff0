// Many rows changed in one statement are the rows that one statement each would have made of them.
import { expect } from "chai";
import type { Sql, SqlRow, SqlValue } from "../../src/db/sql.ts";
import { onEveryDatabase } from "../support/databases.ts";

const ALL = ["run_id", "attempt", "state", "cause", "version", "finished_at", "steps"];
const COLUMNS = ["state", "cause", "version", "finished_at", "steps", "attempt"];
const KEYS = ["run_id", "attempt"];
const GUARD = "state = 'running' AND late = 0";

type Differs = "only their keys" | "some values" | "all values" | "both keys";

/** New values of the columns, then the keys; `attempt` is set and compared at once, as in a claim. */
function changes(count: number, differs: Differs): SqlValue[][] {
  const varied = differs === "some values" || differs === "all values";
  return Array.from({ length: count }, (_, i) => [
    "failed",
    varied && i % 3 !== 1 ? `it's "${i}" \\ ?` : null,
    differs === "all values" ? `v${i}` : "v",
    differs === "all values" ? Number.MAX_SAFE_INTEGER - i : 5,
    differs === "all values" && i % 2 ? `[{"n":${i}}]` : null,
    (differs === "both keys" && i % 2 ? 3 : 1) + 1,
    `run_${1000 + i}`,
    differs === "both keys" && i % 2 ? 3 : 1,
  ]);
}

onEveryDatabase("many rows changed in one statement", (databases) => {
  /** What lies there beforehand: the row of each change, some not running, some of another attempt, and strangers. */
  async function changed(count: number, differs: Differs, change: (sql: Sql) => Promise<number>) {
    const { gate, read } = await databases.fresh();
    const rows = [...changes(count, differs), ...changes(count + 40, differs).slice(count)].map((row, i) => [
      row[6]!,
      i % 7 === 5 ? 9 : row[7]!,
      i % 11 === 3 ? "succeeded" : "running",
      "before",
      1,
      2,
      0,
    ]);
    const columns = ["run_id", "attempt", "state", "cause", "started_at", "finished_at", "late"];
    await gate.write((sql) => sql.insert("run_attempts", columns, rows));
    const matched = await gate.write(change);
    const after = await read.all(`SELECT ${ALL.join(", ")} FROM run_attempts ORDER BY run_id`);
    return { matched, after: after.map((row: SqlRow) => Object.values(row)) };
  }

  for (const differs of ["only their keys", "some values", "all values", "both keys"] as const) {
    for (const count of [1, 9, 40]) {
      it(`${count} that differ in ${differs} are as if changed one by one, and the number matched is theirs`, async () => {
        const rows = changes(count, differs);
        const together = await changed(count, differs, (sql) =>
          sql.update("run_attempts", COLUMNS, KEYS, GUARD, rows),
        );
        const alone = await changed(count, differs, async (sql) => {
          let matched = 0;
          for (const row of rows) matched += await sql.update("run_attempts", COLUMNS, KEYS, GUARD, [row]);
          return matched;
        });
        expect(together).to.deep.equal(alone);
        expect(together.after).to.have.length(count + 40);
        if (count > 20) expect(together.matched).to.be.within(count / 2, count - 2);
        expect(together.after.filter((row) => row[3] !== "before")).to.have.length(together.matched);
      });
    }
  }
});
