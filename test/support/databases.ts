// Runs one suite on every database there is: SQLite always, a private MariaDB when its server is installed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import type { Database } from "../../src/db/database.ts";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { mariadbAvailable, sharedMariadb } from "./mariadb.ts";

export interface TestDatabase {
  /** The address of a new, empty database. */
  freshUrl(): Promise<string>;
  /** A new database with its schema, closed after the suite. */
  fresh(clock?: Clock, onFault?: (error: unknown) => void): Promise<Database>;
  /** One more handle of an open database, as another replica has it (MariaDB only); closed after the suite. */
  again(database: Database): Promise<Database>;
  name: "sqlite" | "mariadb";
}

/** `suite` is described once a database; its tests open as many fresh ones as they like. */
export function onEveryDatabase(title: string, suite: (database: TestDatabase) => void): void {
  describe(`${title} (sqlite)`, () => {
    const folder = mkdtempSync(join(tmpdir(), "jobmount-db-"));
    const opened: Database[] = [];
    let n = 0;
    const freshUrl = async () => `sqlite:${join(folder, `${++n}.db`)}`;
    const fresh = open(freshUrl, opened);
    suite({ name: "sqlite", freshUrl, fresh, again: onlyMariadb });
    // Behind what the suite itself does at its end: its services still work on them until then.
    after(async () => {
      for (const database of opened) await database.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });
  });

  const available = mariadbAvailable();
  (available ? describe : describe.skip)(`${title} (mariadb)`, () => {
    const opened: Database[] = [];
    before(async function () {
      this.timeout(60_000);
      await sharedMariadb();
    });
    const freshUrl = async () => (await sharedMariadb()).database();
    suite({
      name: "mariadb",
      freshUrl,
      fresh: open(freshUrl, opened),
      again: async (database) => {
        const again = await openDatabase({ url: urlOf(database) });
        opened.push(again);
        return again;
      },
    });
    after(async function () {
      this.timeout(60_000);
      for (const database of opened) await database.close();
    });
  });
}

const onlyMariadb = () => Promise.reject(new Error("SQLite means one process"));

function urlOf({ dataSource }: Database): string {
  const { options } = dataSource;
  if (!("url" in options) || !options.url) throw new Error("the database was not opened by an address");
  return options.url;
}

function open(freshUrl: () => Promise<string>, opened: Database[]): TestDatabase["fresh"] {
  return async (clock, onFault) => {
    const database = await openDatabase({ url: await freshUrl(), clock, onFault });
    await migrate(database);
    opened.push(database);
    return database;
  };
}
