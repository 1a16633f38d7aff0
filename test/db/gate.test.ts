// The write gate: nothing that resolved is ever undone by a stranger's rollback, and waiting writes share a commit.
import { expect } from "chai";
import { type Batch, Gate } from "../../src/db/gate.ts";
import { messageOf } from "../../src/errors.ts";
import type { Sql } from "../../src/db/sql.ts";
import { eventually } from "../support/eventually.ts";
import { onEveryDatabase } from "../support/databases.ts";

const put = (name: string) => (sql: Sql) => sql.insert("settings", ["name", "value"], [[name, "x"]]);

onEveryDatabase("gate", (databases) => {
  const namesOf = async (sql: Sql) =>
    (await sql.all("SELECT name FROM settings ORDER BY name")).map((r) => r["name"]);

  it("A1: writes beside one that fails are committed, the failing one is undone whole", async () => {
    const { gate, read } = await databases.fresh();
    const results = await Promise.allSettled([
      gate.write(put("a")),
      gate.write(async (sql) => {
        await put("undone")(sql);
        throw new Error("no");
      }),
      gate.write(put("b")),
    ]);
    expect(results.map((result) => result.status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    expect(await namesOf(read)).to.deep.equal(["a", "b"]);
  });

  if (databases.name === "sqlite") {
    it("without the gate TypeORM on SQLite loses a write that resolved (the trap that the gate is for)", async () => {
      const { dataSource, read } = await databases.fresh();
      let release!: () => void;
      const held = new Promise<void>((resolve) => (release = resolve));
      const transaction = dataSource
        .transaction(async () => {
          await held;
          throw new Error("roll back");
        })
        .catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      // A stranger's plain write: it answers, and is gone.
      await dataSource.query("INSERT INTO settings (name, value) VALUES ('lost', 'x')");
      release();
      await transaction;
      expect(await namesOf(read)).to.deep.equal([]);
    });
  }

  it("the same two flows through the gate: what resolved is there", async () => {
    const { gate, read } = await databases.fresh();
    const failing = gate
      .write(async (sql) => {
        await sql.all("SELECT 1");
        throw new Error("roll back");
      })
      .catch(() => undefined);
    await gate.write(put("kept"));
    await failing;
    expect(await namesOf(read)).to.deep.equal(["kept"]);
  });

  it("what waits while a commit runs joins the next one, items of a kind together", async () => {
    const { gate, read } = await databases.fresh();
    const sizes: number[] = [];
    const kind: Batch<string, string> = {
      name: "settings",
      async run(sql, names) {
        sizes.push(names.length);
        await sql.insert(
          "settings",
          ["name", "value"],
          names.map((name) => [name, "x"]),
        );
        return names.map((name) => name.toUpperCase());
      },
    };
    const answers = await Promise.all(["a", "b", "c"].map((name) => gate.batch(kind, name)));
    expect(answers).to.deep.equal(["A", "B", "C"]);
    expect(sizes).to.deep.equal([3]);
    expect(await namesOf(read)).to.deep.equal(["a", "b", "c"]);
  });

  it("one duplicate in a batch fails alone", async () => {
    const { gate, read } = await databases.fresh();
    const kind: Batch<string, null> = {
      name: "settings",
      async run(sql, names) {
        await sql.insert(
          "settings",
          ["name", "value"],
          names.map((name) => [name, "x"]),
        );
        return names.map(() => null);
      },
    };
    await gate.batch(kind, "a");
    const results = await Promise.allSettled(["b", "a", "c"].map((name) => gate.batch(kind, name)));
    expect(results.map((result) => result.status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    expect(await namesOf(read)).to.deep.equal(["a", "b", "c"]);
  });

  it("a rider's writes are in the same commit and it hears what became of it", async () => {
    const { gate, read } = await databases.fresh();
    const heard: string[] = [];
    let n = 0;
    gate.onCommit(() => async (sql) => {
      await put(`ride ${++n}`)(sql);
      return { committed: () => heard.push("committed"), failed: () => heard.push("failed") };
    });
    await gate.write(put("a"));
    expect(heard).to.deep.equal(["committed"]);
    expect(await namesOf(read)).to.deep.equal(["a", "ride 1"]);
    await gate.write(() => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(await namesOf(read)).to.deep.equal(["a", "ride 1"]);
  });

  it("a rider that throws fails no item, alone or among others, and its fault is told", async () => {
    const faults: string[] = [];
    const { gate, read } = await databases.fresh(undefined, (error) => faults.push(messageOf(error)));
    gate.onCommit(() => async (sql) => {
      await put("of the rider")(sql);
      throw new Error("the rider's own");
    });
    await gate.write(put("a"));
    await Promise.all([gate.write(put("b")), gate.write(put("c"))]);
    expect(await namesOf(read)).to.deep.equal(["a", "b", "c"]);
    expect(faults).to.deep.equal(["the rider's own", "the rider's own"]);
  });

  it("a poke makes no commit when no rider has work, and tells nobody of one", async () => {
    const { gate, read } = await databases.fresh();
    const heard: string[] = [];
    let work: string | undefined;
    gate.onCommit(() => {
      const name = work;
      work = undefined;
      if (name === undefined) return undefined;
      return async (sql) => {
        await put(name)(sql);
        return { committed: () => heard.push("rode"), failed: () => heard.push("failed") };
      };
    });
    gate.poke();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    work = "ride";
    gate.poke();
    await eventually(() => heard.length > 0);
    expect(heard).to.deep.equal(["rode"]);
    expect(await namesOf(read)).to.deep.equal(["ride"]);
  });

  it("one statement alone is committed when it answers, all of its rows or none", async () => {
    const { gate, read } = await databases.fresh();
    let commits = 0;
    gate.afterCommit(() => commits++);
    const kind: Batch<string, null> = {
      name: "settings",
      isOneStatement: () => true,
      async run(sql, names) {
        await sql.insert(
          "settings",
          ["name", "value"],
          names.map((name) => [name, "x"]),
        );
        return names.map(() => null);
      },
    };
    await Promise.all(["a", "b"].map((name) => gate.batch(kind, name)));
    expect(await namesOf(read)).to.deep.equal(["a", "b"]);
    expect(commits).to.equal(1);
    const results = await Promise.allSettled(["c", "a", "d"].map((name) => gate.batch(kind, name)));
    expect(results.map((result) => result.status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    expect(await namesOf(read)).to.deep.equal(["a", "b", "c", "d"]);
    // A transaction after it begins from nothing and can be undone.
    await gate
      .write(async (sql) => {
        await put("e")(sql);
        throw new Error("no");
      })
      .catch(() => undefined);
    expect(await namesOf(read)).to.deep.equal(["a", "b", "c", "d"]);
  });

  it("close waits for what is under way and refuses the rest", async () => {
    const { gate, read } = await databases.fresh();
    const writing = gate.write(put("a"));
    await gate.close();
    await writing;
    const refused = await gate.write(put("b")).catch((error: Error) => error.message);
    expect(refused).to.contain("closing");
    expect(await namesOf(read)).to.deep.equal(["a"]);
  });

  it("updates many rows in one call, each under its own guard", async () => {
    const { gate, read } = await databases.fresh();
    await gate.write(async (sql) => {
      await sql.insert(
        "settings",
        ["name", "value"],
        [
          ["a", "1"],
          ["b", "2"],
          ["c", "3"],
        ],
      );
    });
    const matched = await gate.write((sql) =>
      sql.update("settings", ["value"], ["name"], "value <> '2'", [
        ["x", "a"],
        ["y", "b"],
        ["z", "c"],
      ]),
    );
    expect(matched).to.equal(2);
    const rows = await read.all("SELECT value FROM settings ORDER BY name");
    expect(rows.map((row) => row["value"])).to.deep.equal(["x", "2", "z"]);
  });
});

describe("gate", () => {
  it("tells a fault of a commit that nobody waits for", async () => {
    const heard: unknown[] = [];
    const writer = {
      begin: () => Promise.reject(new Error("away")),
      commit: () => Promise.resolve(),
      rollback: () => Promise.resolve(),
    };
    const gate = new Gate(writer, (error) => heard.push(error));
    gate.onCommit(() => () => Promise.reject(new Error("never asked")));
    gate.poke();
    await eventually(() => heard.length > 0);
    await gate.close();
    expect(heard.map(String)).to.deep.equal(["Error: away"]);
  });
});
