// A server that falls silent: every statement and every wait for a connection ends, and new connections do what is next.
import { expect } from "chai";
import { createServer, connect, type Server, type Socket } from "node:net";
import { systemClock } from "../../src/clock.ts";
import type { Database } from "../../src/db/database.ts";
import { migrate } from "../../src/db/open.ts";
import { openMysql } from "../../src/db/open-mysql.ts";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";

const TIMEOUT_MS = 500;

/** Passes everything on to a server, until it is told to swallow what goes through the connections that it has. */
class Proxy {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  async listen(to: number): Promise<number> {
    this.#server = createServer((client) => {
      const server = connect(to, "127.0.0.1");
      for (const [from, into] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on("data", (data) => into.write(data));
        from.on("error", () => undefined);
        from.on("close", () => (this.#sockets.delete(from), into.destroy()));
      }
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  /** As a host that is gone: nothing comes back, not even the end of a connection. */
  silence(): void {
    for (const socket of this.#sockets) socket.removeAllListeners("data").resume();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }
}

(mariadbAvailable() ? describe : describe.skip)("a MySQL server that falls silent", function () {
  this.timeout(60_000);
  const proxy = new Proxy();
  let database: Database;
  before(async () => {
    const server = await sharedMariadb();
    const url = new URL(await server.database());
    url.port = String(await proxy.listen(server.port));
    const onFault = () => undefined;
    database = await openMysql({ url: url.href, clock: systemClock, onFault, queryTimeoutMs: TIMEOUT_MS });
    await migrate(database);
  });
  after(() => proxy.close());

  /** Of every way to the database, more than it has connections. */
  const work = () => {
    const { read, gate, endGate, claimGate } = database;
    const reads = Array.from({ length: 15 }, () => read.all("SELECT 1 AS one"));
    const writes = [gate, endGate, claimGate].map((one) => one.write((sql) => sql.all("SELECT 1 AS one")));
    return [...reads, ...writes, database.write((sql) => sql.all("SELECT 1 AS one"))];
  };

  it("S5 A6: fails what is asked within its time-out, and then works on new connections", async () => {
    await Promise.all(work());
    proxy.silence();
    const from = performance.now();
    const results = await Promise.allSettled(work());
    // One time-out for all of them, and as much again for a busy machine; no wait is added to another.
    expect(performance.now() - from).to.be.below(6 * TIMEOUT_MS);
    expect(results.map(({ status }) => status)).to.include("rejected");
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).to.include({ status: 503 });
    expect(await Promise.all(work())).to.have.length(19);
  });

  it("A4: can be closed while it is silent", async () => {
    proxy.silence();
    const asked = Promise.allSettled(work());
    const from = performance.now();
    await database.close();
    expect(performance.now() - from).to.be.below(8 * TIMEOUT_MS);
    await asked;
  });
});
