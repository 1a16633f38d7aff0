// What import_cities refuses to work with, and how it says so.
import { expect } from "chai";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Job } from "../../external_tasks/import_cities/job.ts";
import { isPermanent } from "../../src/sdk/errors.ts";
import { type Given, runJob, WrongParams } from "./run-job.ts";

const PUBLISHED = fileURLToPath(new URL("../../external_tasks/import_cities", import.meta.url));

const run = (given: Given = {}) => runJob(Job, { folder: PUBLISHED, ...given });

describe("import_cities refuses", () => {
  const message = async (given: Given) => {
    const { thrown } = await run(given);
    expect(isPermanent(thrown), String(thrown)).to.be.true;
    return (thrown as Error).message;
  };

  it("tells what it cannot work with, and never tries that again", async () => {
    expect(await message({ params: { country: "Atlantis" } })).to.match(
      /the param country is "Atlantis", which country-codes.csv does not have: give a two-letter code/,
    );
    const folder = await mkdtemp(join(tmpdir(), "jobmount-cities-"));
    try {
      expect(await message({ folder })).to.include("no file country-codes.csv");
      await cp(join(PUBLISHED, "country-codes.csv"), join(folder, "country-codes.csv"));
      await writeFile(join(folder, "world-cities.csv"), "<html>Not found</html>\n");
      expect(await message({ folder })).to.include('world-cities.csv has no column "name"');
      await writeFile(
        join(folder, "world-cities.csv"),
        'name,country,subcountry,geonameid\n"Paris,France,,1\n',
      );
      expect(await message({ folder })).to.include("line 2: a quoted field");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("L3: names a wrong DATA_DATABASE_URL without showing what may be a password", async () => {
    const before = process.env["DATA_DATABASE_URL"];
    try {
      for (const url of [
        "postgres://me:hunter22@host/db",
        "mysql://me:hunter22@host:3306/",
        "sqlite:",
        "hunter22",
      ]) {
        process.env["DATA_DATABASE_URL"] = url;
        const text = await message({ params: { country: "FR" } });
        expect(text).to.match(/^DATA_DATABASE_URL .* names no database: it is sqlite:<file> or mysql:/);
        expect(text).to.not.include("hunter22");
      }
    } finally {
      if (before === undefined) delete process.env["DATA_DATABASE_URL"];
      else process.env["DATA_DATABASE_URL"] = before;
    }
  });

  it("refuses to write where the attempt's folder would take the cities with it", async () => {
    const before = { url: process.env["DATA_DATABASE_URL"], cwd: process.cwd() };
    const folder = await mkdtemp(join(tmpdir(), "jobmount-cwd-"));
    try {
      delete process.env["DATA_DATABASE_URL"];
      process.chdir(folder);
      expect(await message({ params: { country: "FR" } })).to.equal(
        "the data database sqlite:./data/data.db would lie in the folder of this attempt, which is removed at its end: set DATA_DATABASE_URL to an absolute path",
      );
      expect(await readdir(folder)).to.deep.equal([]);
    } finally {
      process.chdir(before.cwd);
      if (before.url !== undefined) process.env["DATA_DATABASE_URL"] = before.url;
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("refuses a batch size outside 1 to 5000", async () => {
    for (const batchSize of [0, 5001, 1.5, "100"]) {
      const refused = await run({ params: { batchSize } }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refused).to.be.instanceOf(WrongParams);
    }
  });

  it("has the published files just as they were published", async () => {
    const lines = (await readFile(join(PUBLISHED, "world-cities.csv"), "utf8")).split("\n").length;
    expect(lines).to.equal(34_032 + 2);
  });
});
