// Sealed values under which key, and sealing them all anew with the newest: row by row, while the service works on.
import type { Database } from "./database.ts";
import { isSealed, type Sealed, type Vault } from "./secrets.ts";
import { fromJson, jsonText, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** Where sealed values lie. */
interface Place {
  table: string;
  column: string;
  key: readonly string[];
  /** A part of the key by whose ranges the table is read, so that a large one stalls nobody. */
  by: string;
  /** What a value is bound to, by the name that it has there. */
  contextOf(name: string, row: SqlRow): string;
}

const param = (name: string) => `the param "${name}"`;

const PLACES: readonly Place[] = [
  { table: "task_runs", column: "params", key: ["id"], by: "id", contextOf: param },
  { table: "schedules", column: "params", key: ["id"], by: "id", contextOf: param },
  {
    table: "schedule_revisions",
    column: "definition",
    key: ["schedule_id", "revision"],
    by: "schedule_id",
    contextOf: param,
  },
  {
    table: "job_state",
    column: "value",
    key: ["source", "job_key", "scope", "state_key"],
    by: "job_key",
    contextOf: (_name, row) => `the durable value "${String(row["state_key"])}"`,
  },
];

const ROWS = 2_000;
const ROWS_OF_A_WRITE = 100;

export interface Rotation {
  /** Id of the key that seals now. */
  key: string;
  /** Values that are sealed with it. */
  current: number;
  /** Values that were sealed anew just now. */
  resealed: number;
  /** Values by the id of another key that are left: readable ones when nothing was to be changed, else those without key. */
  others: Record<string, number>;
}

/** Counts the sealed values by their key; changes nothing. */
export function countSealed(database: Database, vault: Vault, signal?: AbortSignal): Promise<Rotation> {
  return new Walk(database, vault, false, signal).all();
}

/** How many values are under a key that is not there, by the id of that key. */
export function withoutKey({ others }: Rotation, vault: Vault): Record<string, number> {
  return Object.fromEntries(Object.entries(others).filter(([id]) => !vault.hasKey(id)));
}

/** What `withoutKey` found, in words; undefined when every value has its key. */
export function withoutKeyInWords(found: Readonly<Record<string, number>>): string | undefined {
  const left = Object.entries(found);
  if (left.length === 0) return undefined;
  const count = left.reduce((sum, [, n]) => sum + n, 0);
  const ids = left.map(([id]) => id).join(", ");
  const values = count === 1 ? "1 secret value" : `${count} secret values`;
  return `${values} cannot be opened: JOBMOUNT_SECRET_KEY does not hold the key they were encrypted with (${ids})`;
}

/** Seals every value anew that is not under the newest key; may be interrupted and done again. */
export function resealAll(database: Database, vault: Vault): Promise<Rotation> {
  return new Walk(database, vault, true).all();
}

class Walk {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #change: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #found: Rotation;

  constructor(database: Database, vault: Vault, change: boolean, signal?: AbortSignal) {
    this.#signal = signal;
    this.#database = database;
    this.#vault = vault;
    this.#change = change;
    this.#found = { key: vault.newestKeyId, current: 0, resealed: 0, others: {} };
  }

  async all(): Promise<Rotation> {
    for (const place of PLACES) {
      for await (const rows of this.#sealedRows(place)) {
        const stale = rows.filter((row) => this.#isStale(place, row));
        for (let i = 0; i < stale.length; i += ROWS_OF_A_WRITE) {
          const part = stale.slice(i, i + ROWS_OF_A_WRITE);
          await this.#database.write((sql) => this.#reseal(sql, place, part));
        }
      }
    }
    return this.#found;
  }

  /** Slices of the table's rows that hold anything sealed. */
  async *#sealedRows({ table, column, key, by }: Place): AsyncGenerator<SqlRow[]> {
    const { read } = this.#database;
    let after = "";
    for (;;) {
      this.#signal?.throwIfAborted();
      const [end] = await read.all(
        `SELECT ${by} FROM ${table} WHERE ${by} > ? ORDER BY ${by} LIMIT 1 OFFSET ${ROWS}`,
        [after],
      );
      const until = end ? ` AND ${by} <= ?` : "";
      const values: SqlValue[] = end ? [after, String(end[by])] : [after];
      yield await read.all(
        `SELECT ${[...new Set([...key, column])].join(", ")} FROM ${table} WHERE ${by} > ?${until} AND ${column} LIKE '%$sealed%'`,
        values,
      );
      if (!end) return;
      after = String(end[by]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Counts the values of a row, and tells whether one of them is to be sealed anew. */
  #isStale(place: Place, row: SqlRow): boolean {
    let stale = false;
    replaceSealed(fromJson(row[place.column]), "", (sealed) => {
      const id = this.#vault.keyIdOf(sealed);
      if (id === this.#found.key) this.#found.current++;
      else if (this.#change && this.#vault.hasKey(id)) stale = true;
      else this.#found.others[id] = (this.#found.others[id] ?? 0) + 1;
      return sealed;
    });
    return stale;
  }

  /** Read again under the row's lock: an edit meanwhile must not be undone. */
  async #reseal(sql: Sql, place: Place, rows: readonly SqlRow[]): Promise<void> {
    const { table, column, key } = place;
    const where = key.map((name) => `${name} = ?`).join(" AND ");
    let resealed = 0;
    for (const row of rows) {
      const keys = key.map((name) => row[name] as SqlValue);
      const [now] = await sql.all(
        `SELECT ${column} FROM ${table} WHERE ${where}${this.#database.dialect.forUpdate}`,
        keys,
      );
      if (!now) continue;
      const value = replaceSealed(fromJson(now[column]), "", (sealed, name) => {
        const id = this.#vault.keyIdOf(sealed);
        if (id === this.#found.key || !this.#vault.hasKey(id)) return sealed;
        const context = place.contextOf(name, row);
        resealed++;
        return this.#vault.seal(this.#vault.open(sealed, context), context);
      });
      await sql.run(`UPDATE ${table} SET ${column} = ? WHERE ${where}`, [jsonText(value), ...keys]);
    }
    // Whoever runs this transaction again counts anew: only the last time is told.
    this.#counted.set(rows, resealed);
    this.#found.resealed = [...this.#counted.values()].reduce((sum, one) => sum + one, 0);
  }

  readonly #counted = new Map<readonly SqlRow[], number>();
}

/** A copy of the value in which each sealed one, at any depth, is what `replace` makes of it by its name. */
function replaceSealed(
  value: unknown,
  name: string,
  replace: (sealed: Sealed, name: string) => unknown,
): unknown {
  if (isSealed(value)) return replace(value, name);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => replaceSealed(one, name, replace));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, replaceSealed(one, key, replace)]),
  );
}
