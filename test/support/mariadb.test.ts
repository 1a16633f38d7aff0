// The private MariaDB server that other suites stand on.
import { expect } from "chai";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import mysql from "mysql2/promise";
import { type MariadbServer, mariadbAvailable, startMariadb } from "./mariadb.ts";

(mariadbAvailable() ? describe : describe.skip)("the private MariaDB server", () => {
  let server: MariadbServer;
  before(async () => (server = await startMariadb()));
  after(() => server.stop());

  it("gives each caller a database of its own, binary-collated and flushed at commit", async () => {
    const urls = [await server.database(), await server.database()];
    expect(new Set(urls).size).to.equal(2);
    const connection = await mysql.createConnection(urls[0]!);
    const [rows] = await connection.query(
      "SELECT @@collation_database c, @@innodb_flush_log_at_trx_commit f",
    );
    expect(rows).to.deep.equal([{ c: "utf8mb4_bin", f: 1 }]);
    await connection.end();
  });

  it("ends by pid and leaves no folder behind", async () => {
    const other = await startMariadb();
    const folder = dirname(other.socketPath);
    await other.stop();
    await other.stop();
    expect(existsSync(folder)).to.be.false;
    expect(() => process.kill(other.pid, 0)).to.throw("ESRCH");
  });
});
