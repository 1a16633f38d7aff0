// A6: /readyz tells the truth of each part, on a real database.
import { expect } from "chai";
import { Health, type HealthParts } from "../../src/app/health.ts";
import type { Database } from "../../src/db/database.ts";
import { missingMigrations } from "../../src/db/open.ts";
import { silentLogger } from "../../src/log.ts";
import { onEveryDatabase } from "../support/databases.ts";

onEveryDatabase("the checks of /readyz", (databases) => {
  let database: Database;
  before(async function () {
    this.timeout(60_000);
    database = await databases.fresh();
  });

  const healthOf = (more: Partial<HealthParts> = {}) =>
    new Health({
      database,
      beatAgeMs: () => 0,
      trySpool: () => Promise.resolve(),
      spoolTrouble: () => null,
      missingMigrations: () => missingMigrations(database),
      scanned: () => true,
      log: silentLogger,
      ...more,
    });
  const wrong = async (health: Health) =>
    (await health.checks()).filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);

  it("A6: everything that has to work is asked, and all is well", async () => {
    const checks = await healthOf().checks();
    expect(checks.map(({ name, ok }) => [name, ok])).to.deep.equal(
      ["database", "migrations", "beat", "sources", "spool"].map((name) => [name, true]),
    );
  });

  it("A6: a database without a migration of this build is not ready, by a check that is kept some seconds", async () => {
    const [row] = await database.read.all("SELECT * FROM migrations ORDER BY id DESC LIMIT 1");
    const asked: number[] = [];
    const counted = healthOf({
      missingMigrations: () => (asked.push(1), missingMigrations(database)),
    });
    expect(await wrong(counted)).to.deep.equal([]);
    await database.write((sql) => sql.run("DELETE FROM migrations WHERE id = ?", [Number(row!["id"])]));
    expect(await wrong(healthOf())).to.deep.equal([
      "migrations: the database lacks 1 migrations of this build",
    ]);
    expect(await wrong(counted), "as it was a moment ago").to.deep.equal([]);
    expect(asked).to.have.length(1);
    await database.write((sql) =>
      sql.insert(
        "migrations",
        ["id", "timestamp", "name"],
        [[Number(row!["id"]), Number(row!["timestamp"]), String(row!["name"])]],
      ),
    );
    expect(await wrong(healthOf())).to.deep.equal([]);
  });

  it("A6: a database that answers and takes no writes is not ready, and what is tried leaves no row", async () => {
    const rows = () => database.read.all("SELECT name FROM settings WHERE name = 'write_probe'");
    expect(await wrong(healthOf())).to.deep.equal([]);
    expect(await rows()).to.deep.equal([]);
    await database.write((sql) => sql.run("ALTER TABLE settings RENAME TO settings_away"));
    try {
      expect(await wrong(healthOf())).to.deep.equal(["database: the database takes no writes"]);
    } finally {
      await database.write((sql) => sql.run("ALTER TABLE settings_away RENAME TO settings"));
    }
    expect(await wrong(healthOf())).to.deep.equal([]);
  });

  it("A6: what cannot be read is not ready, in words without a path or an address", async () => {
    const away = healthOf({ missingMigrations: () => Promise.reject(new Error("connect 10.0.0.9:3306")) });
    expect(await wrong(away)).to.deep.equal(["migrations: it cannot be read which migrations have run"]);
  });
});
