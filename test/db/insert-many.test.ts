// Many rows in one statement are the rows that one statement each would have written.
import { expect } from "chai";
import type { Sql, SqlRow, SqlValue } from "../../src/db/sql.ts";
import { onEveryDatabase } from "../support/databases.ts";

const COLUMNS = [
  "run_id",
  "attempt",
  "state",
  "cause",
  "version",
  "owner",
  "started_at",
  "finished_at",
  "late",
];
const TEXTS = [
  "",
  "plain",
  " spaces ",
  "1",
  "1e3",
  "true",
  "null",
  '{"a": [1]}',
  `it's "quoted" \\ and \\u0041`,
  "line\nbreak\ttab",
  "😀 ünï",
  "half \ud83d",
  "?",
  "x".repeat(5_000),
];

/** All the rest is the same in each row: `cause` and `version` differ, or are null in every third or all rows. */
function rowsOf(prefix: string, nulls: "some" | "all"): SqlValue[][] {
  return Array.from({ length: 150 }, (_, i) => {
    const cause = nulls === "all" || i % 3 === 1 ? null : TEXTS[i % TEXTS.length]!;
    const started = i % 5 === 0 ? 0 : Number.MAX_SAFE_INTEGER - i;
    return [
      `${prefix}_${1000 + i}`,
      1,
      "failed",
      cause,
      i === 0 ? null : `v${i}`,
      "wrk_1",
      started,
      1.5e12,
      0,
    ];
  });
}

const isText = (value: SqlValue) =>
  typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value;

onEveryDatabase("many rows in one statement", (databases) => {
  const write = async (insert: (sql: Sql) => Promise<void>): Promise<SqlRow[]> => {
    const { gate, read } = await databases.fresh();
    await gate.write(insert);
    return read.all(`SELECT ${COLUMNS.join(", ")} FROM run_attempts ORDER BY run_id`);
  };

  for (const nulls of ["some", "all"] as const) {
    it(`are the same rows, with ${nulls} values of a column null`, async () => {
      const rows = rowsOf("run", nulls);
      const together = await write((sql) => sql.insert("run_attempts", COLUMNS, rows));
      const alone = await write(async (sql) => {
        for (const row of rows) await sql.insert("run_attempts", COLUMNS, [row.map(isText)]);
      });
      expect(together).to.deep.equal(alone);
      expect(together).to.have.length(150);
      expect(Object.values(together[7]!)).to.deep.equal(rows[7]!.map(isText));
    });
  }

  it("a duplicate among them is an error, and none of them is there", async () => {
    const { gate, read } = await databases.fresh();
    const rows = [...rowsOf("run", "some"), ...rowsOf("run", "some").slice(70, 71)];
    let thrown: unknown;
    await gate
      .write((sql) => sql.insert("run_attempts", COLUMNS, rows))
      .catch((error: unknown) => (thrown = error));
    expect(String((thrown as { code?: unknown }).code)).to.match(/ER_DUP_ENTRY|SQLITE_CONSTRAINT_PRIMARYKEY/);
    expect(await read.all("SELECT 1 AS one FROM run_attempts")).to.deep.equal([]);
  });
});
