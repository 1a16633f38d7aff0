// README.md, followed from top to bottom in a copy of the repository: a real service, real bash, real databases.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import { ROOT, Service } from "../support/service.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { follow, ONE_TEST } from "./follow.ts";
import { askMysql, askSqlite } from "./sql.ts";

const isMysql = (block: Block) => block.info === "sql" && block.text.startsWith("-- MySQL");

describe("README.md", () => {
  follow("README.md", {
    builds: true,
    files: ONE_TEST,
    // demo.test.ts has the first; the second needs a server, see below.
    elsewhere: (block) => block.text.startsWith("$ npm run demo\n") || isMysql(block),
    sql: (workspace, { text }) => Promise.resolve(askSqlite(workspace.path("data/jobmount.db"), text)),
  });

  (mariadbAvailable() ? it : it.skip)(
    "its query for MySQL names the run that failed last, and when, on MariaDB",
    async function () {
      this.timeout(60_000);
      const database = await (await sharedMariadb()).database();
      const service = await Service.start({ jobs: ["fails"], database });
      try {
        const { id } = await service.run("fails", { attempts: 5 });
        const [query, ...more] = blocksOf(readFileSync(join(ROOT, "README.md"), "utf8")).filter(isMysql);
        expect(more).to.deep.equal([]);
        const [row] = await askMysql(database, query!.text);
        expect(row).to.include({ id, job_key: "fails", reason: "error" });
        expect(Date.now() - Date.parse(`${String(row!["finished_utc"])}Z`)).to.be.within(-1_000, 60_000);
      } finally {
        await service.stop();
      }
    },
  );
});
