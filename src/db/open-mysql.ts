// Opens MySQL or MariaDB: a pool through TypeORM, one connection of it kept for the gate.
import mysql2 from "mysql2";
import { DataSource } from "typeorm";
import { migrations } from "../../migrations/index.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "./database.ts";
import { mysql } from "./dialect.ts";
import { entities } from "./entities.ts";
import { Gate } from "./gate.ts";
import { type MysqlHandle, MysqlSql } from "./mysql-sql.ts";
import { DatabaseClock } from "./database-clock.ts";
import { isTransient, orAway, type Sql } from "./sql.ts";

export interface MysqlOptions {
  url: string;
  clock: Clock;
  onFault(error: unknown): void;
  queryTimeoutMs?: number;
  connectTimeoutMs?: number;
}

interface PoolConnection extends MysqlHandle {
  on(event: "error" | "end", listener: () => void): unknown;
  release(): void;
  destroy(): void;
}

const TRIES = 8;

/** Connects, or throws the driver's error; the schema is brought up by `migrate`. */
export async function openMysql(options: MysqlOptions): Promise<Database> {
  const timeoutMs = options.queryTimeoutMs ?? 15_000;
  const type = (await isMariadb(options)) ? "mariadb" : "mysql";
  // The tables' own collation, or comparing a column with a value would pass by its index.
  const collation = type === "mariadb" ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  let pool: mysql2.Pool | undefined;
  const driver = {
    ...mysql2,
    createPool(poolOptions: mysql2.PoolOptions) {
      pool = mysql2.createPool(poolOptions);
      // READ COMMITTED: no gap locks between replicas that claim next to each other.
      pool.on("connection", (connection) => {
        const onError = (error: Error | null) => error && options.onFault(error);
        connection.query(`SET NAMES utf8mb4 COLLATE ${collation}`, onError);
        connection.query("SET time_zone = '+00:00'", onError);
        connection.query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", onError);
      });
      return pool;
    },
  };
  const dataSource = new DataSource({
    type,
    driver,
    url: options.url.replace(/^mariadb:/, "mysql:"),
    entities,
    migrations,
    migrationsTransactionMode: "each",
    timezone: "Z",
    charset: "utf8mb4_bin",
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: options.connectTimeoutMs ?? 5_000,
    poolSize: 10,
    extra: { jsonStrings: true },
  });
  await dataSource.initialize();
  const connections = pool!;
  const clock = new DatabaseClock(options.clock);
  const read = new MysqlSql(connections as unknown as MysqlHandle, timeoutMs);
  await clock.sample(read);
  const sampling = setInterval(() => void clock.sample(read).catch(() => undefined), 5_000);
  sampling.unref();

  const lanes = [0, 1, 2].map(() => new Lane(connections, read, timeoutMs));
  const [gate, endGate, claimGate] = lanes.map((lane) => new Gate(lane, options.onFault)) as [
    Gate,
    Gate,
    Gate,
  ];
  // What was inserted may be claimed at once: the worker was told to expect it.
  gate.afterCommit(() => claimGate.poke());
  return {
    dialect: mysql,
    dataSource,
    gate,
    endGate,
    claimGate,
    read,
    write: (work) => transaction(connections, timeoutMs, work),
    now: () => clock.now(),
    async close() {
      clearInterval(sampling);
      await Promise.all([gate.close(), endGate.close(), claimGate.close()]);
      for (const lane of lanes) lane.release();
      await dataSource.destroy();
    },
  };
}

/** The gate's own connection: taken when first needed, thrown away after any fault. */
class Lane {
  readonly #pool: mysql2.Pool;
  /** Any connection of the pool: they commit each statement by themselves. */
  readonly #any: Sql;
  readonly #timeoutMs: number;
  #connection: PoolConnection | undefined;
  #sql: Sql | undefined;

  constructor(pool: mysql2.Pool, any: Sql, timeoutMs: number) {
    this.#pool = pool;
    this.#any = any;
    this.#timeoutMs = timeoutMs;
  }

  async begin(): Promise<Sql> {
    if (!this.#sql) {
      const connection = await connectionOf(this.#pool);
      // A server that was started again has closed it: the next group takes a new one instead of failing once.
      const drop = () => {
        if (this.#connection === connection) this.#connection = this.#sql = undefined;
      };
      connection.on("error", drop);
      connection.on("end", drop);
      this.#connection = connection;
      const sql = new MysqlSql(this.#connection, this.#timeoutMs);
      // Every statement opens a transaction by itself: one round trip less in each group.
      await sql.run("SET autocommit = 0");
      this.#sql = sql;
    }
    return this.#sql;
  }

  once(): Promise<Sql> {
    return Promise.resolve(this.#any);
  }

  async commit(): Promise<void> {
    if (!this.#sql)
      throw orAway(Object.assign(new Error("the connection was lost"), { code: "PROTOCOL_CONNECTION_LOST" }));
    await this.#sql.run("COMMIT");
  }

  async rollback(): Promise<void> {
    try {
      await this.#sql?.run("ROLLBACK");
    } catch {
      // What the server did with the transaction is unknown now; a new connection starts from nothing.
      this.#connection?.destroy();
      this.#connection = undefined;
      this.#sql = undefined;
    }
  }

  /** Thrown away, not given back: nobody else expects a connection without autocommit. */
  release(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}

function connectionOf(pool: mysql2.Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) =>
      error ? reject(orAway(error)) : resolve(connection as unknown as PoolConnection),
    );
  });
}

async function transaction<T>(
  pool: mysql2.Pool,
  timeoutMs: number,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  for (let n = 1; ; n++) {
    const connection = await connectionOf(pool);
    const sql = new MysqlSql(connection, timeoutMs);
    try {
      await sql.run("START TRANSACTION");
      const value = await work(sql);
      await sql.run("COMMIT");
      connection.release();
      return value;
    } catch (error) {
      try {
        await sql.run("ROLLBACK");
        connection.release();
      } catch {
        connection.destroy();
      }
      if (!isTransient(error) || n >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 25 * n));
    }
  }
}

/** TypeORM's `mysql` type drops and re-adds JSON columns on a MariaDB server (measured), so we ask which it is. */
async function isMariadb(options: MysqlOptions): Promise<boolean> {
  const connection = mysql2.createConnection({
    uri: options.url.replace(/^mariadb:/, "mysql:"),
    connectTimeout: options.connectTimeoutMs ?? 5_000,
  });
  try {
    const rows = await new MysqlSql(connection as unknown as MysqlHandle, 5_000).all(
      "SELECT VERSION() AS version",
    );
    return String(rows[0]?.["version"]).toLowerCase().includes("mariadb");
  } finally {
    connection.destroy();
  }
}
