// docs/operations.md: start, stop, backups, on SQLite and on a real MariaDB server.
import mysql from "mysql2/promise";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import type { Block } from "./blocks.ts";
import { follow } from "./follow.ts";

const FILE = "docs/operations.md";
/** As the page makes them. */
const DATABASES = ["jobmount", "jobmount_again"];
/** What follows the section on MySQL goes on with its database. */
const FIRST_WITH_MYSQL = "MySQL and MariaDB";

describe(FILE, () => {
  const available = mariadbAvailable();
  let mysqlBegan = false;

  async function dropDatabases(): Promise<void> {
    const connection = await mysql.createConnection((await sharedMariadb()).url);
    for (const name of DATABASES) await connection.query(`DROP DATABASE IF EXISTS ${name}`);
    await connection.end();
  }
  after(async () => {
    if (available) await dropDatabases();
  });

  follow(FILE, {
    builds: false,
    leftOut: (block: Block) => {
      mysqlBegan ||= block.heading === FIRST_WITH_MYSQL;
      return mysqlBegan && !available;
    },
    async replace(workspace): Promise<Record<string, string>> {
      if (!available) return {};
      const { url } = await sharedMariadb();
      await dropDatabases();
      const { hostname, port, username, password } = new URL(url);
      // The clients take both from their environment, as they would from a file of options.
      Object.assign(workspace.env, { MYSQL_PWD: decodeURIComponent(password), MYSQL_TCP_PORT: port });
      return {
        "jobmount:secret@127.0.0.1:3306": `${username}:${password}@127.0.0.1:3306`,
        "127.0.0.1:3306": `${hostname}:${port}`,
      };
    },
  });
});
