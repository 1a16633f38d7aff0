// Imports the published list of the world's cities into the table `cities` of the data database. See README.md.
import { readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { defineJob, PermanentError } from "jobmount";
import { checkCities, contentHash, type City } from "./cities.ts";
import { Countries, type Country } from "./countries.ts";
import type { CitiesTable, Fingerprint } from "./rows.ts";
import { openCities } from "./table.ts";

/** The key in `this.state` of the last import that came to its end: content hash, country, table fingerprint. */
const LAST_IMPORT = "lastImport";

export class Job extends defineJob({
  name: "World cities import",
  description: "Upserts the published list of the world's cities into the table cities of the data database",
  version: "1.0.0",
  tags: ["example", "import"],
  optionalParams: {
    batchSize: {
      type: "integer",
      label: "Batch size",
      description: "Rows per transaction",
      default: 1000,
      min: 1,
      max: 5000,
    },
    country: {
      type: "string",
      label: "Country",
      description: "Only this country: a two-letter code or an English name; all when empty",
      maxLength: 100,
      example: "Japan",
    },
    dryRun: {
      type: "boolean",
      label: "Dry run",
      description: "Writes nothing; what would be written counts as skipped",
      default: false,
    },
  },
  timeout: "10m",
  retries: { attempts: 3, backoff: "30s" },
  concurrency: 1,
  env: ["DATA_DATABASE_URL"],
  files: ["*.csv"],
  schedules: [{ name: "Every night", cron: "15 3 * * *", timeZone: "UTC" }],
}) {
  async execute() {
    const { cities, country } = await this.readFiles();
    const hash = contentHash(cities);
    const table = await openCities(process.env["DATA_DATABASE_URL"] || "sqlite:./data/data.db");
    try {
      const before = await table.fingerprint(country?.code);
      const kept = { contentHash: hash, country: country?.code ?? null };
      if (before && isDeepStrictEqual(this.state.get(LAST_IMPORT), { ...kept, table: before })) {
        this.records.skipped(cities.length);
        return this.finish(
          `nothing was written: the files are unchanged since the last import, and the table still has all ${cities.length} cities`,
          { written: 0, contentHash: hash },
        );
      }
      const changed = await this.importInto(table, cities, before);
      const rest = `${cities.length - changed} were there already`;
      if (this.params.dryRun) {
        return this.finish(`dry run: ${changed} cities would be written, ${rest}`, {
          written: 0,
          wouldWrite: changed,
        });
      }
      // Only here: an import that was cancelled or failed half-way must not pass for done next time.
      if (this.run.onlyRecords === null) {
        this.state.set(LAST_IMPORT, { ...kept, table: await table.fingerprint(country?.code) });
      }
      return this.finish(
        changed === 0 ? `nothing was written: ${rest}` : `${changed} cities were written, ${rest}`,
        { written: changed, contentHash: hash },
      );
    } finally {
      await table.close();
    }
  }

  /** Records every refused row at once and answers the others. */
  private async readFiles(): Promise<{ cities: City[]; country: Country | undefined }> {
    const [countriesText, citiesText] = await Promise.all(
      ["country-codes.csv", "world-cities.csv"].map((name) => readFile(this.file(name), "utf8")),
    );
    try {
      const countries = new Countries(countriesText!);
      const country = this.chosenCountry(countries);
      const keys = this.run.onlyRecords === null ? undefined : new Set(this.run.onlyRecords);
      const { cities, refused } = checkCities(citiesText!, countries, { country, keys });
      for (const { key, reason } of refused) this.records.failed(key, reason);
      if (refused.length > 0) this.log.warn(`${refused.length} rows were refused, each with its reason`);
      return { cities, country };
    } catch (error) {
      // The files are part of this version of the job: trying again reads the same ones.
      throw new PermanentError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  private chosenCountry(countries: Countries): Country | undefined {
    const wanted = this.params.country?.trim();
    if (!wanted) return undefined;
    const country = countries.byCode(wanted) ?? countries.byName(wanted);
    if (country) return country;
    throw new Error(
      `the param country is "${wanted}", which country-codes.csv does not have: give a two-letter code such as JP, ` +
        "an official English name or a name of aliases.ts",
    );
  }

  /** Answers how many rows were written, or in a dry run would have been. */
  private async importInto(
    table: CitiesTable,
    cities: readonly City[],
    before: Fingerprint | undefined,
  ): Promise<number> {
    const { batchSize, dryRun } = this.params;
    if (!dryRun && !before) await table.create();
    let written = 0;
    for (let done = 0; done < cities.length;) {
      // Writing to an SQLite file never waits: without this turn neither a cancel nor the progress would get through.
      await nextTurn();
      this.signal.throwIfAborted();
      const batch = cities.slice(done, done + batchSize);
      const changed = before?.rows ? changedIn(batch, await table.stored(batch)) : batch;
      if (!dryRun && changed.length > 0) {
        // From here until the end the table is neither what it was nor what it shall be.
        this.state.set(LAST_IMPORT, undefined);
        await table.write(changed, Date.now());
      }
      this.records.success(dryRun ? 0 : changed.length);
      this.records.skipped(batch.length - (dryRun ? 0 : changed.length));
      written += changed.length;
      done += batch.length;
      this.progress((done / cities.length) * 100, `${done} of ${cities.length} cities`);
    }
    return written;
  }

  private finish<Details extends object>(message: string, details: Details): { message: string } & Details {
    this.log.info(message);
    this.progress(100, message);
    return { message, ...details };
  }
}

const FIELDS = ["name", "countryCode", "country", "subcountry"] as const;

/** Those of `cities` that are not in the table, or not as they are here. */
function changedIn(cities: readonly City[], stored: readonly City[]): City[] {
  const known = new Map(stored.map((city) => [city.geonameid, city]));
  return cities.filter((city) => {
    const there = known.get(city.geonameid);
    return !there || FIELDS.some((field) => there[field] !== city[field]);
  });
}
