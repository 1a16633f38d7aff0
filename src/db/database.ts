// The open database: one place to write, one place to read, and its way to close.
import type { DataSource } from "typeorm";
import type { Instant } from "../clock.ts";
import type { Dialect } from "./dialect.ts";
import type { Gate } from "./gate.ts";
import type { Sql } from "./sql.ts";

export interface Database {
  readonly dialect: Dialect;
  readonly dataSource: DataSource;
  /** The hot path: small writes that share commits. */
  readonly gate: Gate;
  /**
   * For the ends of attempts. On SQLite the same gate, so that the next claim rides in their commit; on MySQL one of its
   * own, since a server commits two at a time for the price of one, and a trigger need not wait for them.
   */
  readonly endGate: Gate;
  /**
   * For claims. On SQLite the same gate, so that a claim rides in the commit of what was inserted or ended; on MySQL one
   * of its own, since in an insert's transaction its two round trips would keep whoever waits for the insert.
   */
  readonly claimGate: Gate;
  /** For queries outside a transaction; on SQLite a connection of its own that cannot write. */
  readonly read: Sql;
  /**
   * A transaction of its own for everything beside the hot path (on SQLite it passes the gate like all others).
   * Deadlocks and lock waits are done again, so `work` must have no effect but its statements.
   */
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** The database's own idea of now, carried on by the monotonic clock between samples. */
  now(): Instant;
  close(): Promise<void>;
}
