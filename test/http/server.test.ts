import { expect } from "chai";
import { createConnection } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExpectedError } from "../../src/errors.ts";
import { createServer } from "../../src/http/create-server.ts";
import { HttpServer, type ListenOn, socketAddress } from "../../src/http/server.ts";
import { eventually } from "../support/eventually.ts";
import { ADMIN_TOKEN, FaceWorld } from "../support/http-doubles.ts";
import { Face } from "../support/face.ts";

describe("listening", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-server-"));
  after(() => rmSync(folder, { recursive: true }));

  const serverAt = (listen: ListenOn) =>
    new HttpServer(createServer(new FaceWorld().deps()), { listen, graceMs: 100 });

  const refusal = async (server: HttpServer): Promise<ExpectedError> => {
    const error: unknown = await server.start().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(ExpectedError);
    return error as ExpectedError;
  };

  it("a port that is taken is a sentence with the address and what to set", async () => {
    const first = serverAt({ host: "127.0.0.1", port: 0 });
    await first.start();
    const port = Number(new URL(first.address).port);
    const error = await refusal(serverAt({ host: "127.0.0.1", port }));
    expect(error.code).to.equal("port_taken");
    expect(error.message).to.include(`127.0.0.1:${port}`).and.to.include("Set PORT");
    await first.stop();
  });

  it("an address that this machine does not have is a sentence too", async () => {
    const error = await refusal(serverAt({ host: "203.0.113.1", port: 0 }));
    expect(error.message).to.include("203.0.113.1").and.to.include("HOST");
  });

  it("A3: a body that does not arrive in time is cut off with 408, and others are answered meanwhile", async () => {
    const server = new HttpServer(createServer(new FaceWorld().deps()), {
      listen: { host: "127.0.0.1", port: 0 },
      graceMs: 100,
      requestTimeoutMs: 300,
    });
    await server.start();
    const from = performance.now();
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = createConnection({ host: "127.0.0.1", port: server.port }, () =>
        socket.write(
          `POST /api/v1/schedules HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n` +
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"job":',
        ),
      );
      // A byte now and then keeps nothing alive.
      const drip = setInterval(() => socket.write(" "), 50);
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.on("close", () => resolve((clearInterval(drip), text)));
      socket.on("error", (error) => (clearInterval(drip), text === "" ? reject(error) : resolve(text)));
    });
    expect(answer)
      .to.match(/^HTTP\/1\.1 408 /)
      .and.to.include("did not arrive in time");
    expect(performance.now() - from).to.be.above(250);
    expect((await fetch(`${server.address}/livez`)).status).to.equal(200);
    await server.stop();
  });

  it("the local socket replaces one that a killed service left, and goes when it stops", async () => {
    const socketPath = join(folder, "left.sock");
    writeFileSync(socketPath, "");
    const server = serverAt({ socketPath });
    await server.start();
    await new Promise<void>((resolve, reject) => {
      const socket = createConnection(socketAddress(socketPath), () => resolve(socket.end() && undefined));
      socket.on("error", reject);
    });
    await server.stop();
    expect(existsSync(socketPath)).to.be.false;
  });

  it("a data folder that lies too deep for a socket is reached from the working folder, or told in a sentence", async () => {
    const deep = join(folder, "d".repeat(60), "e".repeat(60));
    mkdirSync(deep, { recursive: true });
    const socketPath = join(deep, "jobmount.sock");
    expect(socketAddress(socketPath, join(deep, "child"))).to.equal("../jobmount.sock");
    expect(socketAddress(socketPath, deep)).to.equal("jobmount.sock");
    const error = await refusal(serverAt({ socketPath }));
    expect(error.message).to.include("107 bytes");
  });
});

describe("A4: stopping", () => {
  it("lets an open request end within the grace; stopping twice is stopping once", async () => {
    const face = new Face();
    await face.start();
    const asked = face.ask("POST", "/jobs/open/runs", { body: {}, headers: { prefer: "wait=30" } });
    const run = await eventually(() => face.world.runs[0]);
    const stopped = Promise.all([face.stop(), face.stop()]);
    face.world.finish(run.id);
    expect((await asked).json).to.include({ state: "succeeded" });
    await stopped;
  });

  it("cuts what does not end within the grace: an endless wait, a silent and a slow client", async () => {
    const face = new Face();
    await face.start();
    const { port } = new URL(face.url);
    const sockets = ["", "POST /api/v1/schedules HTTP/1.1\r\nHost: x\r\n"].map((text) =>
      createConnection(
        { host: "127.0.0.1", port: Number(port) },
        function (this: { write(t: string): void }) {
          if (text) this.write(text);
        },
      ),
    );
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    const asked = face.ask("POST", "/jobs/open/runs", { body: {}, headers: { prefer: "wait=30" } }).then(
      () => "answered",
      () => "cut",
    );
    await eventually(() => face.world.runs[0]);
    const before = performance.now();
    await face.stop();
    expect(performance.now() - before).to.be.within(150, 2_000);
    expect(await asked).to.equal("cut");
    sockets.forEach((socket) => socket.destroy());
  });

  it("while draining what would begin something is 503, what reads is served, and /readyz says why", async () => {
    const face = new Face();
    await face.start();
    face.world.draining = true;
    const answer = await face.ask("POST", "/jobs/open/runs", { body: {} });
    expect([answer.status, answer.json.code]).to.deep.equal([503, "draining"]);
    expect([answer.headers.get("retry-after"), answer.headers.get("connection")]).to.deep.equal([
      "1",
      "close",
    ]);
    expect(face.world.runs).to.deep.equal([]);
    expect((await face.fetch("/livez")).status).to.equal(200);
    expect((await face.ask("GET", "/runs")).status).to.equal(200);
    expect((await face.ask("POST", "/runs/run_none/cancel", { body: {} })).status).to.equal(404);
    const ready = await face.fetch("/readyz");
    expect(ready.status).to.equal(503);
    expect(ready.json).to.deep.equal({
      status: "not_ready",
      checks: [
        { name: "database", ok: true },
        { name: "draining", ok: false },
      ],
    });
    await face.stop();
  });
});

describe("health and meta", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());

  it("A6: /readyz needs no token and names what is wrong", async () => {
    expect((await face.fetch("/readyz")).json).to.include({ status: "ready" });
    face.world.checks = [{ name: "database", ok: false, detail: "does not answer" }];
    const answer = await face.fetch("/readyz");
    expect(answer.status).to.equal(503);
    expect(answer.json.checks).to.deep.equal([{ name: "database", ok: false, detail: "does not answer" }]);
    expect((await face.fetch("/livez")).json).to.deep.equal({ status: "alive" });
    face.world.checks = [];
  });

  it("A6: checks that throw mean not ready, and say nothing of why to strangers", async () => {
    const { health } = face.deps;
    const checks = health.checks.bind(health);
    health.checks = () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.3"));
    const answer = await face.fetch("/readyz");
    health.checks = checks;
    expect(answer.status).to.equal(503);
    expect(answer.text).not.to.include("10.0.0.3");
  });

  it("/meta tells version, features and limits", async () => {
    expect((await face.ask("GET", "/meta", { token: ADMIN_TOKEN })).json).to.deep.equal({
      name: "jobmount",
      version: "0.1.0",
      api: "v1",
      database: "sqlite",
      timeZone: "UTC",
      features: ["runs"],
      limits: { bodyBytes: 1_048_576, pageRows: 200 },
      now: "2027-01-02T03:04:05.678Z",
    });
  });
});
