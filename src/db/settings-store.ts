// Facts about this installation, one row each.
import type { Database } from "./database.ts";
import { isDuplicate } from "./sql.ts";

const FIRST_START = "first_start";

export class SettingsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** At most 64 KB of text. */
  async get(name: string): Promise<string | undefined> {
    const [row] = await this.#database.read.all("SELECT value FROM settings WHERE name = ?", [name]);
    return row && String(row["value"]);
  }

  async set(name: string, value: string): Promise<void> {
    const { dialect } = this.#database;
    await this.#database.write((sql) =>
      sql.run(`INSERT INTO settings (name, value) VALUES (?, ?)${dialect.overwrite(["name"], ["value"])}`, [
        name,
        value,
      ]),
    );
  }

  /** True exactly once in the life of a database, for whoever inserts the row. */
  async firstStart(): Promise<boolean> {
    const value = new Date(this.#database.now()).toISOString();
    try {
      await this.#database.write((sql) => sql.insert("settings", ["name", "value"], [[FIRST_START, value]]));
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return false;
    }
  }
}
