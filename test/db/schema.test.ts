// The schema comes from empty, twice harmlessly, and equals the entities on both databases.
import { expect } from "chai";
import { migrate, openDatabase, pendingMigrations } from "../../src/db/open.ts";
import { isDuplicate } from "../../src/db/sql.ts";
import { onEveryDatabase } from "../support/databases.ts";

onEveryDatabase("schema", (databases) => {
  it("comes up from empty, and running the migrations again changes nothing", async () => {
    const database = await databases.fresh();
    expect(await migrate(database)).to.deep.equal([]);
    expect(await pendingMigrations(database)).to.deep.equal([]);
  });

  it("leaves no difference between the tables and the entities", async () => {
    const database = await databases.fresh();
    const difference = await database.dataSource.driver.createSchemaBuilder().log();
    expect(difference.upQueries.map((query) => query.query)).to.deep.equal([]);
  });

  // One process at a time may have an SQLite file (A5).
  if (databases.name === "mariadb") {
    it("a migration that was killed after any statement is finished by the next one: each table has its collation from the first", async () => {
      const url = await databases.freshUrl();
      // As a process that dies behind each statement that makes a table.
      let made = 0;
      for (let tables = 0; ; tables++) {
        const one = await openDatabase({ url });
        const create = one.dataSource.createQueryRunner.bind(one.dataSource);
        one.dataSource.createQueryRunner = (mode) => {
          const runner = create(mode);
          const query = runner.query.bind(runner) as typeof runner.query;
          let killed = false;
          runner.query = (async (text: string, ...rest: never[]) => {
            if (killed) throw new Error("killed");
            const answer: unknown = await query(text, ...rest);
            killed = /^CREATE TABLE `(?!migrations)/.test(text);
            if (killed) made++;
            return answer;
          }) as typeof runner.query;
          return runner;
        };
        const error = await migrate(one).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        await one.close();
        if (error === undefined) break;
        expect(tables).to.be.below(60);
      }
      expect(made).to.be.above(15);
      const two = await openDatabase({ url });
      try {
        const rows = await two.read.all(
          "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE table_schema = DATABASE() " +
            "AND table_name <> 'migrations' AND data_type <> 'longtext' AND collation_name <> 'utf8mb4_nopad_bin'",
        );
        expect(rows.map((row) => Object.values(row).join(" "))).to.deep.equal([]);
      } finally {
        await two.close();
      }
    });

    it("goes up once when two processes migrate at the same time", async () => {
      const url = await databases.freshUrl();
      const [one, two] = [await openDatabase({ url }), await openDatabase({ url })];
      try {
        await Promise.all([migrate(one), migrate(two)]);
        expect(await pendingMigrations(two)).to.deep.equal([]);
      } finally {
        await one.close();
        await two.close();
      }
    });
  }

  it("compares keys byte by byte: 'A ', 'a' and 'A' are three jobs", async () => {
    const { gate } = await databases.fresh();
    const columns = ["name", "value"];
    for (const name of ["A", "a", "A "])
      await gate.write((sql) => sql.insert("settings", columns, [[name, "x"]]));
    const twice = await gate
      .write((sql) => sql.insert("settings", columns, [["A", "x"]]))
      .catch((e: unknown) => e);
    expect(isDuplicate(twice)).to.equal(true);
  });

  it("keeps whole numbers, four-byte letters and JSON as they were written", async () => {
    const database = await databases.fresh();
    const value = { text: "naïve 🛰 漢", big: Number.MAX_SAFE_INTEGER, deep: [{ a: null }] };
    await database.write(async (sql) => {
      await sql.insert(
        "job_state",
        ["source", "job_key", "scope", "state_key", "value", "updated_at"],
        [["default", "a", "", "k", JSON.stringify(value), Number.MAX_SAFE_INTEGER]],
      );
    });
    const [row] = await database.read.all("SELECT value, updated_at FROM job_state");
    expect(JSON.parse(String(row!["value"]))).to.deep.equal(value);
    expect(row!["updated_at"]).to.equal(Number.MAX_SAFE_INTEGER);
  });
});
