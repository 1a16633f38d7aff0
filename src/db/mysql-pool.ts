// Connections of mysql2 and its pool as handles that can be given up, and waits for them that end.
import type mysql2 from "mysql2";
import type { MysqlHandle } from "./mysql-sql.ts";
import { orAway } from "./sql.ts";

/** The part of mysql2's connections that we use. */
export interface Connection {
  query(
    options: { sql: string; values?: unknown[] },
    done: (error: unknown, result: unknown) => void,
  ): unknown;
  destroy(): void;
}

export interface PoolConnection extends Connection {
  on(event: "error" | "end", listener: () => void): unknown;
  release(): void;
}

export function onConnection(connection: Connection): MysqlHandle {
  return {
    start(sql, values, done) {
      connection.query({ sql, values }, done);
      return () => connection.destroy();
    },
  };
}

/** Each statement on any connection of the pool. Not by its own `query`: that keeps a connection that has gone silent. */
export function onPool(pool: mysql2.Pool): MysqlHandle {
  return {
    start(sql, values, done) {
      let connection: PoolConnection | undefined;
      const leave = take(pool, (error, taken) => {
        if (!taken) return done(error);
        connection = taken;
        taken.query({ sql, values }, (failed, result) => {
          taken.release();
          done(failed, result);
        });
      });
      return () => {
        leave();
        connection?.destroy();
      };
    },
  };
}

/** A connection for its own use, or a 503 after `timeoutMs`. */
export function connectionOf(pool: mysql2.Pool, timeoutMs: number): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      leave();
      reject(orAway(Object.assign(new Error("no connection was free in time"), { code: "ETIMEDOUT" })));
    }, timeoutMs);
    const leave = take(pool, (error, connection) => {
      clearTimeout(timer);
      if (connection) resolve(connection);
      else reject(orAway(error));
    });
  });
}

/** What it answers gives up the wait: a connection that comes later goes back at once. */
function take(pool: mysql2.Pool, done: (error: unknown, connection?: PoolConnection) => void): () => void {
  let left = false;
  pool.getConnection((error, got) => {
    const connection = got as unknown as PoolConnection | undefined;
    if (left) connection?.release();
    else done(error, connection);
  });
  return () => {
    left = true;
  };
}
