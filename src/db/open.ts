// Opens whichever database the address names, and brings its schema up.
import { migrations } from "../../migrations/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import { ExpectedError, messageOf } from "../errors.ts";
import type { Database } from "./database.ts";
import { openSqlite } from "./open-sqlite.ts";

export interface OpenOptions {
  /** `sqlite:<path>` or `mysql://…`. */
  url: string;
  clock?: Clock;
  onFault?(error: unknown): void;
  /** How long to go on trying a server that does not answer; default 15 s. */
  waitMs?: number;
}

/** Opens the database; a server that is away is tried again for a bounded time, then told in one sentence. */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const clock = options.clock ?? systemClock;
  const onFault = options.onFault ?? (() => undefined);
  if (options.url.startsWith("sqlite:")) {
    const path = options.url.slice("sqlite:".length);
    try {
      return await openSqlite({ path, clock, onFault });
    } catch (error) {
      throw away(
        `the SQLite file ${path} cannot be opened: ${messageOf(error)}. Set TASK_DATABASE_URL to sqlite: and the path of a file that is a Jobmount database, or that is not there yet`,
      );
    }
  }
  const until = clock.monotonic() + (options.waitMs ?? 15_000);
  // Whoever has SQLite need not load the driver of the other one.
  const { openMysql } = await import("./open-mysql.ts");
  for (;;) {
    try {
      return await openMysql({ url: options.url, clock, onFault });
    } catch (error) {
      const reason = messageOf((error as { cause?: unknown }).cause ?? error);
      const at = `the database at ${withoutPassword(options.url)}`;
      if (isRefusal(error))
        throw away(
          `${at} refuses: ${reason}. Set TASK_DATABASE_URL to a user, a password and a database that it takes`,
        );
      if (!isAway(error) || clock.monotonic() > until)
        throw away(`${at} does not answer: ${reason}. Set TASK_DATABASE_URL, or start the server`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Runs what is missing of the migrations; answers the names of those that ran. Safe in several processes at once. */
export async function migrate(database: Database): Promise<string[]> {
  const { dataSource } = database;
  if (database.dialect.name === "sqlite") {
    return (await dataSource.runMigrations()).map((migration) => migration.name);
  }
  const runner = dataSource.createQueryRunner();
  try {
    const [row] = (await runner.query("SELECT GET_LOCK('jobmount_migrate', 60) AS got")) as { got: number }[];
    if (Number(row?.got) !== 1) {
      throw away(
        "another process has been migrating this database for more than a minute; try again when it is done",
      );
    }
    return (await dataSource.runMigrations()).map((migration) => migration.name);
  } finally {
    await runner.query("SELECT RELEASE_LOCK('jobmount_migrate')").catch(() => undefined);
    await runner.release();
  }
}

/** Names of all there are: what a database lacks that is not there yet. */
export function allMigrations(): string[] {
  return migrations.map((Migration) => new Migration().name);
}

/** Names of the migrations that have not run yet. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const done = new Set<string>();
  const runner = database.dataSource.createQueryRunner();
  try {
    if (await runner.hasTable("migrations")) {
      for (const row of (await runner.query("SELECT name FROM migrations")) as { name: string }[])
        done.add(row.name);
    }
  } finally {
    await runner.release();
  }
  return database.dataSource.migrations.map((migration) => migration.name!).filter((name) => !done.has(name));
}

/** The same of a database that is served: read beside everything else, as any query. */
export async function missingMigrations({ dataSource, read }: Database): Promise<string[]> {
  const done = new Set((await read.all("SELECT name FROM migrations")).map((row) => String(row["name"])));
  return dataSource.migrations.map((migration) => migration.name!).filter((name) => !done.has(name));
}

/** The server answered, and not as wished: codes of its own begin so. */
function isRefusal(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith("ER_") && !isAway(error);
}

/** A wrong password or a missing database will not mend itself; a server that is not there may. */
function isAway(error: unknown): boolean {
  if (error instanceof ExpectedError && error.status === 503) return true;
  const code = String((error as { code?: unknown } | null)?.code);
  return [
    "ECONNREFUSED",
    "ETIMEDOUT",
    "ENOENT",
    "EHOSTUNREACH",
    "ECONNRESET",
    "PROTOCOL_CONNECTION_LOST",
  ].includes(code);
}

function away(message: string): ExpectedError {
  return new ExpectedError(503, "database_away", `${message}.`);
}

function withoutPassword(url: string): string {
  return url.replace(/:\/\/([^:@/]*)(:[^@]*)?@/, "://$1:***@");
}
