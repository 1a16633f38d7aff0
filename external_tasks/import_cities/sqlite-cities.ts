// The table `cities` in an SQLite file, through libsql: synchronous, so the caller yields between batches.
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "libsql";
import { MAX_TEXT, type City } from "./cities.ts";
import {
  checkColumns,
  COLUMNS,
  FINGERPRINT,
  toCity,
  toFingerprint,
  toValues,
  type CitiesTable,
  type CityRow,
  type Fingerprint,
} from "./rows.ts";

/** How long a writer waits for another one, blocking this process meanwhile. */
const BUSY_MS = 5_000;

export class SqliteCities implements CitiesTable {
  private opened: Database.Database | undefined;
  private readonly path: string;
  private upsert: Database.Statement | undefined;

  constructor(path: string) {
    this.path = resolve(path);
  }

  async fingerprint(countryCode?: string): Promise<Fingerprint | undefined> {
    // Opening would make the file, and a dry run makes nothing.
    if (!this.opened && !existsSync(this.path)) return undefined;
    const columns = this.database.pragma("table_info(cities)") as { name: string; pk: number }[];
    if (!checkColumns(columns.map(({ name, pk }) => ({ name, isKey: pk > 0 })))) return undefined;
    const [row] =
      countryCode === undefined
        ? this.database.prepare(FINGERPRINT).all()
        : this.database.prepare(`${FINGERPRINT} WHERE country_code = ?`).all(countryCode);
    return toFingerprint(row as Record<string, unknown>);
  }

  async create(): Promise<void> {
    mkdirSync(dirname(this.path), { recursive: true });
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS cities (
        geonameid INTEGER NOT NULL PRIMARY KEY,
        name VARCHAR(${MAX_TEXT}) NOT NULL,
        country_code CHAR(2) NOT NULL,
        country VARCHAR(${MAX_TEXT}) NOT NULL,
        subcountry VARCHAR(${MAX_TEXT}),
        updated_at BIGINT NOT NULL
      )`,
    );
  }

  async stored(cities: readonly City[]): Promise<City[]> {
    const ids = JSON.stringify(cities.map((city) => city.geonameid));
    const rows = this.database
      .prepare("SELECT * FROM cities WHERE geonameid IN (SELECT value FROM json_each(?))")
      .all(ids);
    return (rows as CityRow[]).map(toCity);
  }

  async write(cities: readonly City[], now: number): Promise<void> {
    // Measured: one prepared row at a time in one transaction costs 3 microseconds a row, many rows a statement 3 too.
    this.upsert ??= this.database.prepare(
      `INSERT INTO cities (${COLUMNS.join(", ")}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (geonameid) DO UPDATE SET ` +
        COLUMNS.slice(1)
          .map((name) => `${name} = excluded.${name}`)
          .join(", "),
    );
    this.database.exec("BEGIN IMMEDIATE");
    try {
      for (const city of cities) this.upsert.run(...toValues(city, now));
      this.database.exec("COMMIT");
    } catch (error) {
      // On a full disk SQLite has rolled back by itself.
      if (this.database.inTransaction) this.database.exec("ROLLBACK");
      throw error;
    }
  }

  async close(): Promise<void> {
    this.opened?.close();
  }

  private get database(): Database.Database {
    this.opened ??= new Database(this.path, { timeout: BUSY_MS });
    return this.opened;
  }
}
