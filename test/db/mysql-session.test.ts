// What every connection to MySQL has, whatever the server's own settings, and what comes of a server that is busy or mute.
import { expect } from "chai";
import { createServer, type Socket } from "node:net";
import type { ExpectedError } from "../../src/errors.ts";
import type { Database } from "../../src/db/database.ts";
import { openDatabase } from "../../src/db/open.ts";
import type { Sql } from "../../src/db/sql.ts";
import { mariadbAvailable, type MariadbServer, sharedMariadb, startMariadb } from "../support/mariadb.ts";

const SESSION =
  "SELECT CONNECTION_ID() AS id, @@session.time_zone AS zone, @@collation_connection AS collation_name, " +
  "@@tx_isolation AS isolation, CAST(UNIX_TIMESTAMP('2027-01-01 00:00:00') AS INT) AS new_year";

(mariadbAvailable() ? describe : describe.skip)("a session of a server in another zone", function () {
  this.timeout(60_000);
  let server: MariadbServer;
  let database: Database;
  before(async () => {
    const args = ["--default-time-zone=+05:00", "--transaction-isolation=REPEATABLE-READ"];
    server = await startMariadb({ args });
    database = await openDatabase({ url: await server.database() });
  });
  after(async () => {
    await database?.close();
    await server?.stop();
  });

  it("refuses an unknown user: told at once, as what it is, without the password", async () => {
    const url = (await server.database()).replace(/\/\/[^@]*@/, "//stranger:hunter22@");
    const error = await openDatabase({ url }).catch((thrown: unknown) => thrown as ExpectedError);
    const { message } = error as ExpectedError;
    expect(message).to.match(
      /^the database at mysql:.* refuses: Access denied for user 'stranger'.* a user, a password and a database that it takes\.$/,
    );
    expect(message).to.not.include("hunter22").and.not.include("start the server");
  });

  const read = async (sql: Sql) => (await sql.all(SESSION))[0]!;

  it("is in UTC, compares byte by byte and reads what is committed, on each connection of the pool and of the gates", async () => {
    const { gate, endGate, claimGate } = database;
    const seen = await Promise.all([
      // Held open together, so that each has a connection of its own.
      ...Array.from({ length: 5 }, () =>
        database.write(async (sql) => {
          await sql.all("SELECT SLEEP(0.3)");
          return read(sql);
        }),
      ),
      ...[gate, endGate, claimGate].map((each) => each.write(read)),
    ]);
    expect(new Set(seen.map(({ id }) => id)).size).to.equal(8);
    for (const { zone, collation_name, isolation, new_year } of [...seen, await read(database.read)]) {
      expect({ zone, collation_name, isolation }).to.deep.equal({
        ...{ zone: "+00:00", collation_name: "utf8mb4_nopad_bin", isolation: "READ-COMMITTED" },
      });
      expect(Number(new_year)).to.equal(Date.UTC(2027, 0, 1) / 1000);
    }
  });

  it("hands out times of the database as the instants that they are", async () => {
    const rows = (await database.dataSource.query("SELECT TIMESTAMP('2027-01-01 00:00:00') AS at")) as {
      at: Date;
    }[];
    expect(rows[0]!.at.toISOString()).to.equal("2027-01-01T00:00:00.000Z");
  });
});

(mariadbAvailable() ? describe : describe.skip)("a busy server", function () {
  this.timeout(30_000);
  let database: Database;
  before(async () => {
    database = await openDatabase({ url: await (await sharedMariadb()).database() });
  });
  after(() => database.close());

  for (const [name, errno, state] of [
    ["a deadlock", 1213, "40001"],
    ["a wait for a lock", 1205, "HY000"],
  ] as const) {
    /** The server's own error, so many times. */
    const failing = (times: number) => {
      let tries = 0;
      const work = (sql: Sql) => {
        tries++;
        if (tries > times) return Promise.resolve(tries);
        return sql.run(`SIGNAL SQLSTATE '${state}' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'busy'`);
      };
      return database.write(work);
    };

    it(`${name} is done again, and told as busy when it does not end`, async () => {
      expect(await failing(2)).to.equal(3);
      const error = await failing(100).catch((thrown: unknown) => thrown);
      expect((error as ExpectedError).status).to.equal(503);
      expect((error as ExpectedError).message).to.match(/^The database is busy/);
    });
  }
});

describe("a server that accepts connections and says nothing", function () {
  this.timeout(60_000);

  it("is told in one sentence after a bounded wait", async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => void sockets.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    try {
      const from = performance.now();
      const url = `mysql://jobmount:secret@127.0.0.1:${port}/jobmount`;
      const error = await openDatabase({ url, waitMs: 2_000 }).catch((thrown: unknown) => thrown);
      // The wait, and the try that was under way as it ended: at most 5 s.
      expect(performance.now() - from).to.be.within(2_000, 9_000);
      expect((error as ExpectedError).status).to.equal(503);
      expect((error as ExpectedError).message).to.match(/^the database at mysql:.* does not answer: /);
      expect((error as ExpectedError).message).to.not.include("secret");
    } finally {
      for (const socket of sockets) socket.destroy();
      mute.close();
    }
  });
});
