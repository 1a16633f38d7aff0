// The table `cities` on MySQL or MariaDB, in multi-row statements.
import type { Connection, RowDataPacket } from "mysql2/promise";
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

/** A frozen server would otherwise hang a statement for ever. */
const TIMEOUT_MS = 30_000;

export class MysqlCities implements CitiesTable {
  private constructor(private readonly connection: Connection) {}

  /** Rejects when the server cannot be reached within 10 s. */
  static async connect(url: string): Promise<MysqlCities> {
    // Loaded only where it is used: a run on SQLite does not pay for it.
    const { default: mysql } = await import("mysql2/promise");
    return new MysqlCities(
      await mysql.createConnection({ uri: url, charset: "utf8mb4", timezone: "Z", connectTimeout: 10_000 }),
    );
  }

  async fingerprint(countryCode?: string): Promise<Fingerprint | undefined> {
    const columns = await this.query<{ name: string; kind: string }>(
      "SELECT column_name AS name, column_key AS kind FROM information_schema.columns " +
        "WHERE table_schema = DATABASE() AND table_name = 'cities'",
    );
    if (!checkColumns(columns.map(({ name, kind }) => ({ name, isKey: kind === "PRI" })))) return undefined;
    const [row] = await this.query<Record<string, unknown>>(
      countryCode === undefined ? FINGERPRINT : `${FINGERPRINT} WHERE country_code = ?`,
      [countryCode],
    );
    return toFingerprint(row!);
  }

  async create(): Promise<void> {
    // Said here, because a database may have any character set, and latin1 takes no Chinese name.
    await this.query(
      `CREATE TABLE IF NOT EXISTS cities (
        geonameid BIGINT NOT NULL PRIMARY KEY,
        name VARCHAR(${MAX_TEXT}) NOT NULL,
        country_code CHAR(2) NOT NULL,
        country VARCHAR(${MAX_TEXT}) NOT NULL,
        subcountry VARCHAR(${MAX_TEXT}),
        updated_at BIGINT NOT NULL
      ) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    );
  }

  async stored(cities: readonly City[]): Promise<City[]> {
    const ids = cities.map((city) => city.geonameid);
    const rows = await this.query<CityRow>("SELECT * FROM cities WHERE geonameid IN (?)", [ids]);
    return rows.map(toCity);
  }

  async write(cities: readonly City[], now: number): Promise<void> {
    // One statement is one transaction. VALUES(column) is what MySQL and MariaDB both understand.
    await this.query(
      `INSERT INTO cities (${COLUMNS.join(", ")}) VALUES ? ON DUPLICATE KEY UPDATE ` +
        COLUMNS.slice(1)
          .map((name) => `${name} = VALUES(${name})`)
          .join(", "),
      [cities.map((city) => toValues(city, now))],
    );
  }

  async close(): Promise<void> {
    this.connection.destroy();
  }

  private async query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const [rows] = await this.connection.query<RowDataPacket[]>({ sql, values, timeout: TIMEOUT_MS });
    return rows as Row[];
  }
}
