// docs/operations.md: start, stop, backups, on SQLite and on a real MariaDB server.
import "reflect-metadata";
import { expect } from "chai";
import mysql from "mysql2/promise";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getMetadataArgsStorage } from "typeorm";
import { entities } from "../../src/db/entities.ts";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import { ROOT } from "../support/service.ts";
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

  it("names tables and columns as the database has them", () => {
    const page = readFileSync(join(ROOT, FILE), "utf8");
    const section = page.slice(page.indexOf("## Tables to ask"), page.indexOf("## Upgrades"));
    const rows = [...section.matchAll(/^\| `(\w+)`.*\|(.*)\|$/gm)];
    expect(rows).to.have.length(10);
    const { tables, columns } = getMetadataArgsStorage();
    for (const [, name, cells] of rows) {
      const table = tables.find((one) => one.name === name && entities.includes(one.target as never));
      const known = columns
        .filter(({ target }) => target === table?.target)
        .map(({ options }) => options.name);
      const shown = [...cells!.matchAll(/`(\w+)`/g)].map(([, column]) => column);
      expect(known, name).to.include.members(shown);
    }
  });
});
