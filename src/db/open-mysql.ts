// Opens MySQL or MariaDB: a pool through TypeORM, one connection of it kept for the gate.
import mysql2 from "mysql2";
import { DataSource } from "typeorm";
import { migrations } from "../../migrations/index.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "./database.ts";
import { mysql } from "./dialect.ts";
import { entities } from "./entities.ts";
import { Gate } from "./gate.ts";
import { type Connection, connectionOf, onConnection, onPool, type PoolConnection } from "./mysql-pool.ts";
import { MysqlSql } from "./mysql-sql.ts";
import { DatabaseClock } from "./database-clock.ts";
import { isTransient, orAway, orBusy, type Sql } from "./sql.ts";

export interface MysqlOptions {
  url: string;
  clock: Clock;
  onFault(error: unknown): void;
  queryTimeoutMs?: number;
  connectTimeoutMs?: number;
}

/** Of each statement: how long it may take, and how long it may be. */
interface Bounds {
  timeoutMs: number;
  packetBytes: number;
}

const TRIES = 8;
const CLOSE_MS = 1_000;

/** Connects, or throws the driver's error; the schema is brought up by `migrate`. */
export async function openMysql(options: MysqlOptions): Promise<Database> {
  const timeoutMs = options.queryTimeoutMs ?? 15_000;
  const { type, packetBytes } = await serverOf(options);
  const bounds: Bounds = { timeoutMs, packetBytes };
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
  const read = new MysqlSql(onPool(connections), timeoutMs, packetBytes);
  await clock.sample(read);
  let asking = false;
  const sampling = setInterval(() => {
    // A server that does not answer must not gather them.
    if (asking) return;
    asking = true;
    const done = () => (asking = false);
    clock.sample(read).then(done, done);
  }, 5_000);
  sampling.unref();

  const lanes = [0, 1, 2].map(() => new Lane(connections, read, bounds));
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
    write: (work) => transaction(connections, bounds, work),
    now: () => clock.now(),
    async close() {
      clearInterval(sampling);
      await Promise.all([gate.close(), endGate.close(), claimGate.close()]);
      for (const lane of lanes) lane.release();
      // With a server that is silent the end of a connection has no answer either.
      await Promise.race([dataSource.destroy(), new Promise((done) => setTimeout(done, CLOSE_MS).unref())]);
    },
  };
}

/** The gate's own connection: taken when first needed, thrown away after any fault. */
class Lane {
  readonly #pool: mysql2.Pool;
  /** Any connection of the pool: they commit each statement by themselves. */
  readonly #any: Sql;
  readonly #bounds: Bounds;
  #connection: PoolConnection | undefined;
  #sql: Sql | undefined;

  constructor(pool: mysql2.Pool, any: Sql, bounds: Bounds) {
    this.#pool = pool;
    this.#any = any;
    this.#bounds = bounds;
  }

  async begin(): Promise<Sql> {
    if (!this.#sql) {
      const connection = await connectionOf(this.#pool, this.#bounds.timeoutMs);
      // A server that was started again has closed it: the next group takes a new one instead of failing once.
      const drop = () => {
        if (this.#connection === connection) this.#connection = this.#sql = undefined;
      };
      connection.on("error", drop);
      connection.on("end", drop);
      const sql = sqlOn(connection, this.#bounds);
      try {
        // Every statement opens a transaction by itself: one round trip less in each group.
        await sql.run("SET autocommit = 0");
      } catch (error) {
        connection.destroy();
        throw error;
      }
      this.#connection = connection;
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

async function transaction<T>(pool: mysql2.Pool, bounds: Bounds, work: (sql: Sql) => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    const connection = await connectionOf(pool, bounds.timeoutMs);
    const sql = sqlOn(connection, bounds);
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
      if (!isTransient(error)) throw error;
      if (n >= TRIES) throw orBusy(error);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 25 * n));
    }
  }
}

function sqlOn(connection: Connection, { timeoutMs, packetBytes }: Bounds): Sql {
  return new MysqlSql(onConnection(connection), timeoutMs, packetBytes);
}

/** TypeORM's `mysql` type drops and re-adds JSON columns on a MariaDB server (measured), so we ask which it is. */
async function serverOf(options: MysqlOptions): Promise<{ type: "mariadb" | "mysql"; packetBytes: number }> {
  const connection = mysql2.createConnection({
    uri: options.url.replace(/^mariadb:/, "mysql:"),
    connectTimeout: options.connectTimeoutMs ?? 5_000,
  });
  try {
    const [row] = await new MysqlSql(onConnection(connection as unknown as Connection), 5_000).all(
      "SELECT VERSION() AS version, @@max_allowed_packet AS packet",
    );
    const isMariadb = String(row?.["version"]).toLowerCase().includes("mariadb");
    return { type: isMariadb ? "mariadb" : "mysql", packetBytes: Number(row?.["packet"]) };
  } finally {
    connection.destroy();
  }
}
