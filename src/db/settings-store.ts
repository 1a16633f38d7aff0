// Facts about this installation, one row each.
import { randomUUID } from "node:crypto";
import type { Database } from "./database.ts";
import { isDuplicate } from "./sql.ts";

const BEGUN = "begun:";

export class SettingsStore {
  readonly #database: Database;
  /** Tells this beginner from all others. */
  readonly #id = randomUUID();
  /** What was begun here and is neither finished nor given back, with the value of its row. */
  readonly #begun = new Map<string, string>();

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

  /**
   * For what is done once in the life of a database: true for whoever is to do it now. Who does not get to `finish` leaves
   * it to the next one: at once by `giveBack`, else once `staleMs` have passed.
   */
  async begin(name: string, staleMs: number): Promise<boolean> {
    const now = this.#database.now();
    const mine = `${BEGUN}${now}:${this.#id}`;
    try {
      await this.#database.write((sql) => sql.insert("settings", ["name", "value"], [[name, mine]]));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const value = (await this.get(name)) ?? "";
      const since = value.startsWith(BEGUN) ? parseInt(value.slice(BEGUN.length), 10) : now;
      if (!value.startsWith(BEGUN) || since + staleMs > now) return false;
      if (!(await this.#replace(name, value, mine))) return false;
    }
    this.#begun.set(name, mine);
    return true;
  }

  /** It is done, for ever. */
  async finish(name: string): Promise<void> {
    const mine = this.#begun.get(name);
    if (mine === undefined) return;
    await this.#replace(name, mine, new Date(this.#database.now()).toISOString());
    this.#begun.delete(name);
  }

  async giveBack(name: string): Promise<void> {
    const mine = this.#begun.get(name);
    if (mine === undefined) return;
    await this.#database.write((sql) =>
      sql.run("DELETE FROM settings WHERE name = ? AND value = ?", [name, mine]),
    );
    this.#begun.delete(name);
  }

  async #replace(name: string, old: string, value: string): Promise<boolean> {
    const matched = await this.#database.write((sql) =>
      sql.run("UPDATE settings SET value = ? WHERE name = ? AND value = ?", [value, name, old]),
    );
    return matched === 1;
  }
}
