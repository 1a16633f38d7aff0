// docs/operations.md: start, stop, backups, on SQLite and on a real MariaDB server.
import "reflect-metadata";
import { expect } from "chai";
import mysql from "mysql2/promise";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getMetadataArgsStorage } from "typeorm";
import { Metrics } from "../../src/app/metrics.ts";
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
    async replace(): Promise<Record<string, string>> {
      if (!available) return {};
      const { url } = await sharedMariadb();
      await dropDatabases();
      const { hostname, port, username, password } = new URL(url);
      return {
        "jobmount:secret@127.0.0.1:3306": `${username}:${password}@127.0.0.1:3306`,
        "127.0.0.1:3306": `${hostname}:${port}`,
        // The file of options, from which the clients of the page take all of it.
        "host=127.0.0.1\nport=3306\nuser=jobmount\npassword=secret": [
          `host=${hostname}`,
          `port=${port}`,
          `user=${username}`,
          `password="${decodeURIComponent(password)}"`,
        ].join("\n"),
      };
    },
  });

  it("its rules and its dashboard ask for metrics that the service has, under the name that its configuration gives", async () => {
    const page = readFileSync(join(ROOT, FILE), "utf8");
    const [rules, dashboard] = ["docs/alerts.yaml", "helm/dashboards/jobmount.json"].map((path) => {
      expect(page, "the page leads to it").to.include(`[${path}]`);
      return readFileSync(join(ROOT, path), "utf8");
    }) as [string, string];
    const metrics = new Metrics({
      running: () => 0,
      queued: () => Promise.resolve(0),
      loadErrors: () => [],
      skipped: () => Promise.resolve(new Map()),
      tasks: () => Promise.resolve([]),
      beatAgeMs: () => 0,
    });
    const told = new Set([...(await metrics.text()).matchAll(/^# HELP (\w+)/gm)].map(([, name]) => name));
    const asked = new Set(`${rules}${dashboard}`.match(/\bjobmount_[a-z_]+/g));
    expect(asked.size).to.be.at.least(9);
    for (const name of asked) expect(told).to.include(name.replace(/_(bucket|sum|count)$/, ""));
    const jobs = [...rules.matchAll(/job="([^"]*)"/g)].map(([, name]) => name);
    expect(new Set(jobs)).to.deep.equal(new Set([/job_name: (\w+)/.exec(page)?.[1]]));
    // Whatever Prometheus there is: nothing of one installation is written into it.
    const sources = [...dashboard.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid);
    expect(new Set(sources.filter((uid) => uid!.includes("datasource")))).to.deep.equal(
      new Set(["${datasource}"]),
    );
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
