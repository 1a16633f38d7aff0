// The table `cities` as both databases have it: what the import asks of it, its columns, its rows.
import { PermanentError } from "jobmount";
import type { City } from "./cities.ts";

/** Tells whether the rows in the table are still those that an import left there. */
export interface Fingerprint {
  rows: number;
  idSum: number;
  /** The latest `updated_at`: any later import moves it, an interrupted one too. */
  lastWrite: number;
}

export interface CitiesTable {
  /** Of the rows of one country, or of all; undefined when there is no such table yet. Makes nothing. */
  fingerprint(countryCode?: string): Promise<Fingerprint | undefined>;
  /** Makes the table unless it is there. */
  create(): Promise<void>;
  /** Those of these cities that the table has, as it has them. */
  stored(cities: readonly City[]): Promise<City[]>;
  /** Inserts or replaces all of them, or none. `now` in epoch milliseconds. */
  write(cities: readonly City[], now: number): Promise<void>;
  close(): Promise<void>;
}

/** A column as the database describes it. */
export interface Column {
  name: string;
  isKey: boolean;
}

export const COLUMNS = ["geonameid", "name", "country_code", "country", "subcountry", "updated_at"] as const;

/** Undefined when there are no columns, so no table. Throws when the table is somebody else's. */
export function checkColumns(columns: readonly Column[]): true | undefined {
  if (columns.length === 0) return undefined;
  const missing = COLUMNS.filter((name) => !columns.some((column) => column.name === name));
  const key = columns.filter((column) => column.isKey).map((column) => column.name);
  const wrong =
    missing.length > 0
      ? `has no column ${missing.join(", ")}`
      : key.join() !== "geonameid"
        ? `has the primary key (${key.join(", ")}) in place of (geonameid)`
        : undefined;
  if (wrong === undefined) return true;
  throw new PermanentError(
    `the data database has a table cities that this job did not make: it ${wrong}. Rename that table, or point DATA_DATABASE_URL to another database`,
  );
}

/** A row of the table as both drivers answer it. */
export interface CityRow {
  geonameid: number;
  name: string;
  country_code: string;
  country: string;
  subcountry: string | null;
}

export const toCity = (row: CityRow): City => ({
  geonameid: row.geonameid,
  name: row.name,
  countryCode: row.country_code,
  country: row.country,
  subcountry: row.subcountry,
});

/** In the order of COLUMNS. */
export const toValues = (city: City, now: number) => [
  city.geonameid,
  city.name,
  city.countryCode,
  city.country,
  city.subcountry,
  now,
];

/** Sums and maxima: mysql2 answers them as texts, an empty table as null. */
export const toFingerprint = (row: Record<string, unknown>): Fingerprint => ({
  rows: Number(row["rows_now"]),
  idSum: Number(row["id_sum"]),
  lastWrite: Number(row["last_write"]),
});

export const FINGERPRINT =
  "SELECT COUNT(*) AS rows_now, SUM(geonameid) AS id_sum, MAX(updated_at) AS last_write FROM cities";
