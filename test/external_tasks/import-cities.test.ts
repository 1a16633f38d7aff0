// The import of the world's cities, run as an attempt against real databases.
import { expect } from "chai";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Job } from "../../external_tasks/import_cities/job.ts";
import { isPermanent } from "../../src/sdk/errors.ts";
import { KINDS, type DataDatabase } from "./data-databases.ts";
import { type Given, runJob } from "./run-job.ts";

const PUBLISHED = fileURLToPath(new URL("../../external_tasks/import_cities", import.meta.url));
const ALL = 34_032;
const REFUSED = 21;
const GOOD = ALL - REFUSED;
const FRENCH = 692;

const run = (given: Given = {}) => runJob(Job, { folder: PUBLISHED, ...given });

for (const kind of KINDS) {
  (kind.available() ? describe : describe.skip)(`import_cities (${kind.name})`, () => {
    let database: DataDatabase;
    let folder: string;
    const urlBefore = process.env["DATA_DATABASE_URL"];

    beforeEach(async () => {
      database = await kind.open();
      process.env["DATA_DATABASE_URL"] = database.url;
      folder = await mkdtemp(join(tmpdir(), "jobmount-cities-"));
      await cp(join(PUBLISHED, "country-codes.csv"), join(folder, "country-codes.csv"));
      await writeCities(["Paris,France,Île-de-France,1", "北京,China,,2", "Pristina,Kosovo,,3"]);
    });
    afterEach(async () => {
      await database.close();
      await rm(folder, { recursive: true, force: true });
      if (urlBefore === undefined) delete process.env["DATA_DATABASE_URL"];
      else process.env["DATA_DATABASE_URL"] = urlBefore;
    });

    const writeCities = (rows: string[]) =>
      writeFile(
        join(folder, "world-cities.csv"),
        ["name,country,subcountry,geonameid", ...rows, ""].join("\n"),
      );
    const cities = async () => {
      const rows = await database.query("SELECT geonameid, name FROM cities ORDER BY geonameid");
      return rows.map((row) => `${String(row["geonameid"])} ${String(row["name"])}`);
    };
    const count = async (where = "1 = 1") =>
      Number((await database.query(`SELECT COUNT(*) AS n FROM cities WHERE ${where}`))[0]!["n"]);

    it("accounts for all 34,032 rows; a second run with unchanged files writes nothing and says so", async () => {
      const first = await run();
      expect(first.thrown).to.be.undefined;
      expect(first.counts).to.deep.equal({ processed: ALL, success: GOOD, failed: REFUSED, skipped: 0 });
      expect(first.failed).to.have.length(REFUSED);
      expect(first.failed).to.deep.include({
        key: "786714",
        reason: "No country found for alpha-2 code: XK",
      });
      expect(first.progress.at(-1)!.percent).to.equal(100);
      expect(first.progress.length).to.be.greaterThan(GOOD / 1000);
      expect(await count()).to.equal(GOOD);
      expect(await count("country_code = 'US' AND country = 'United States of America'")).to.equal(3407);
      expect(await count("subcountry IS NULL")).to.equal(123);

      const wrote = await database.wroteDuring(async () => {
        const second = await run({ state: first.state });
        expect(second.thrown).to.be.undefined;
        expect(second.counts).to.deep.equal({ processed: ALL, success: 0, failed: REFUSED, skipped: GOOD });
        expect(second.failed).to.deep.equal(first.failed);
        expect(second.details["message"]).to.match(/^nothing was written: the files are unchanged/);
        expect(second.logs.map(({ text }) => text)).to.include(second.details["message"]);
        expect(second.state).to.deep.equal(first.state);
      });
      expect(wrote, "the second run wrote to the database").to.be.false;
    });

    it("compares row by row and still writes nothing when the hash was lost", async () => {
      await run();
      const wrote = await database.wroteDuring(async () => {
        const second = await run();
        expect(second.counts).to.deep.equal({ processed: ALL, success: 0, failed: REFUSED, skipped: GOOD });
        expect(second.details["message"]).to.equal(`nothing was written: ${GOOD} were there already`);
      });
      expect(wrote).to.be.false;
    });

    it("X9: cancelled half-way it keeps the counts of what was committed and no hash; the next run does the rest", async () => {
      const done = await run();
      await database.query("DROP TABLE cities");
      const controller = new AbortController();
      const cut = await run({
        state: done.state,
        params: { batchSize: 500 },
        signal: controller.signal,
        on(event) {
          if (event.type === "progress" && event.percent > 50)
            controller.abort(new Error("cancelled by hand"));
        },
      });
      expect(cut.thrown).to.be.an("error").with.property("message", "cancelled by hand");
      expect(cut.counts.success).to.be.within(GOOD / 2, GOOD / 2 + 1_000);
      expect(await count()).to.equal(cut.counts.success);
      expect(cut.state.size, "a hash was kept").to.equal(0);

      const rest = await run({ state: cut.state });
      expect(rest.counts).to.deep.equal({
        processed: ALL,
        success: GOOD - cut.counts.success,
        failed: REFUSED,
        skipped: cut.counts.success,
      });
      expect(await count()).to.equal(GOOD);
      expect((await run({ state: rest.state })).counts.skipped).to.equal(GOOD);
    });

    it("takes a table that lost rows for unfinished, although the files are unchanged", async () => {
      const first = await run({ folder });
      await database.query("DELETE FROM cities WHERE geonameid = 1");
      const second = await run({ folder, state: first.state });
      expect(second.counts).to.deep.equal({ processed: 3, success: 1, failed: 1, skipped: 1 });
      expect(await cities()).to.deep.equal(["1 Paris", "2 北京"]);
      await database.query("DROP TABLE cities");
      const third = await run({ folder, state: second.state });
      expect(third.counts.success).to.equal(2);
    });

    it("writes only the changed rows of a changed file, and the old ones again when it is changed back", async () => {
      const first = await run({ folder });
      await writeCities(["Paris,France,Paris,1", "北京,China,,2", "Lyon,France,,4"]);
      const second = await run({ folder, state: first.state });
      expect(second.counts).to.deep.equal({ processed: 3, success: 2, failed: 0, skipped: 1 });
      expect(second.details["message"]).to.equal("2 cities were written, 1 were there already");
      await writeCities(["Paris,France,Île-de-France,1", "北京,China,,2"]);
      const third = await run({ folder, state: second.state });
      expect(third.counts).to.deep.equal({ processed: 2, success: 1, failed: 0, skipped: 1 });
      expect(await cities()).to.deep.equal(["1 Paris", "2 北京", "4 Lyon"]);
    });

    it("does not trust a kept hash after an import that was cut off without a word", async () => {
      const first = await run({ folder });
      // kill -9 in the middle of an import of another file: rows are written, the state is still the old one.
      await writeCities(["PARIS,France,Île-de-France,1", "北京,China,,2", "Pristina,Kosovo,,3"]);
      await run({ folder, state: first.state });
      await writeCities(["Paris,France,Île-de-France,1", "北京,China,,2", "Pristina,Kosovo,,3"]);
      const again = await run({ folder, state: first.state });
      expect(again.counts.success).to.equal(1);
      expect(await cities()).to.deep.equal(["1 Paris", "2 北京"]);
    });

    it("processes only the rows of the country asked for, by code or any known name", async () => {
      const french = await run({ params: { country: "FR" } });
      expect(french.counts).to.deep.equal({ processed: FRENCH, success: FRENCH, failed: 0, skipped: 0 });
      expect(await count("country_code <> 'FR'")).to.equal(0);
      const again = await run({ params: { country: "france" }, state: french.state });
      expect(again.counts).to.deep.equal({ processed: FRENCH, success: 0, failed: 0, skipped: FRENCH });
      expect(again.details["message"]).to.match(/files are unchanged/);

      const all = await run({ state: french.state });
      expect(all.counts).to.deep.equal({
        processed: ALL,
        success: GOOD - FRENCH,
        failed: REFUSED,
        skipped: FRENCH,
      });
      const british = await run({ params: { country: "United Kingdom" }, state: all.state });
      expect(british.counts).to.deep.equal({ processed: 865, success: 0, failed: 0, skipped: 865 });
    });

    it("a dry run makes no table and keeps no hash; what would be written counts as skipped", async () => {
      const dry = await run({ params: { dryRun: true } });
      expect(dry.counts).to.deep.equal({ processed: ALL, success: 0, failed: REFUSED, skipped: GOOD });
      expect(dry.details).to.include({ written: 0, wouldWrite: GOOD });
      expect(dry.state.size).to.equal(0);
      if (kind.name === "sqlite") expect(existsSync(database.url.slice("sqlite:".length))).to.be.false;
      else expect(await database.query("SHOW TABLES")).to.deep.equal([]);

      const first = await run({ folder });
      await writeCities(["Paris,France,Paris,1", "北京,China,,2"]);
      const wrote = await database.wroteDuring(async () => {
        const second = await run({ folder, params: { dryRun: true }, state: first.state });
        expect(second.counts).to.deep.equal({ processed: 2, success: 0, failed: 0, skipped: 2 });
        expect(second.details).to.include({ wouldWrite: 1 });
        expect(second.state).to.deep.equal(first.state);
      });
      expect(wrote).to.be.false;
    });

    it("repeats only the records that it is asked for, and does not take that for a whole import", async () => {
      const first = await run({ folder });
      const again = { onlyRecords: ["3"] };
      const still = await run({ folder, state: first.state, run: again });
      expect(still.counts).to.deep.equal({ processed: 1, success: 0, failed: 1, skipped: 0 });
      expect(still.state, "nothing was written").to.deep.equal(first.state);
      await writeCities(["Paris,France,Île-de-France,1", "北京,China,,2", "Pristina,Serbia,,3"]);
      const mended = await run({ folder, state: first.state, run: again });
      expect(mended.counts).to.deep.equal({ processed: 1, success: 1, failed: 0, skipped: 0 });
      expect(mended.state.size).to.equal(0);
      const whole = await run({ folder, state: mended.state });
      expect(whole.counts).to.deep.equal({ processed: 3, success: 0, failed: 0, skipped: 3 });
    });

    it("gives up on a table cities that it did not make, and touches nothing", async () => {
      await run({ folder });
      await database.query("DROP TABLE cities");
      await database.query("CREATE TABLE cities (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20))");
      const ended = await run({ folder });
      expect(isPermanent(ended.thrown)).to.be.true;
      expect(ended.thrown)
        .to.have.property("message")
        .that.matches(
          /it has no column geonameid, country_code, .*Rename that table, or point DATA_DATABASE_URL/,
        );
      expect(await database.query("SELECT * FROM cities")).to.deep.equal([]);
    });

    if (kind.name === "mariadb") {
      it("keeps every name whatever the database's own character set is", async () => {
        await database.query("ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_swedish_ci");
        await run({ folder });
        expect(await cities()).to.deep.equal(["1 Paris", "2 北京"]);
        expect((await run({ folder })).counts.skipped).to.equal(2);
      });
    }

    it("writes a batch whole or not at all", async () => {
      await run({ folder });
      await database.query("DELETE FROM cities");
      await database.query(
        kind.name === "sqlite"
          ? "CREATE TRIGGER no_china BEFORE INSERT ON cities WHEN NEW.geonameid = 2 BEGIN SELECT RAISE(ABORT, 'refused'); END"
          : "CREATE TRIGGER no_china BEFORE INSERT ON cities FOR EACH ROW IF NEW.geonameid = 2 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF",
      );
      const ended = await run({ folder });
      expect(ended.thrown).to.have.property("message").that.includes("refused");
      expect(isPermanent(ended.thrown), "the database may recover: it is tried again").to.be.false;
      expect(ended.counts.success).to.equal(0);
      expect(await count()).to.equal(0);
      await database.query("DROP TRIGGER no_china");
      expect((await run({ folder })).counts.success).to.equal(2);
    });
  });
}
