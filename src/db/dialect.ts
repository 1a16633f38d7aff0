// What differs between the two databases, as values.

export interface Dialect {
  name: "sqlite" | "mysql";
  /** Behind a SELECT whose rows are about to be changed: other replicas pass them by. SQLite has one writer anyway. */
  skipLocked: string;
  forUpdate: string;
  /** Behind a table's name: rows are found by the primary key, so that no other one is locked on the way. */
  byPrimaryKey: string;
  /** Behind a table's name: rows are found by this index and no other, whatever a planner thinks of it. */
  byIndex(name: string): string;
  /** Transactions of the scheduler side by side; 0: there is one writer, whose own transaction reads what it settles. */
  settling: number;
  /** Whether rows of many columns are read as JSON, because the driver takes long for each value. */
  packsRows: boolean;
  /** `INSERT … ` tail that turns a duplicate key into an overwrite of `columns`. Never used to elect a winner. */
  overwrite(key: readonly string[], columns: readonly string[]): string;
}

export const sqlite: Dialect = {
  name: "sqlite",
  skipLocked: "",
  forUpdate: "",
  byPrimaryKey: "",
  settling: 0,
  packsRows: true,
  // Unique ones have no name of ours here; the planner takes them by itself, since an equal key is looked for.
  byIndex: (name) => (name.startsWith("uq_") ? "" : ` INDEXED BY ${name}`),
  overwrite: (key, columns) =>
    ` ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${columns.map((c) => `${c} = excluded.${c}`).join(", ")}`,
};

export const mysql: Dialect = {
  name: "mysql",
  skipLocked: " FOR UPDATE SKIP LOCKED",
  forUpdate: " FOR UPDATE",
  byPrimaryKey: " FORCE INDEX (PRIMARY)",
  byIndex: (name) => ` FORCE INDEX (${name})`,
  settling: 3,
  packsRows: false,
  overwrite: (_key, columns) =>
    ` ON DUPLICATE KEY UPDATE ${columns.map((c) => `${c} = VALUES(${c})`).join(", ")}`,
};
