import { expect } from "chai";
import { createConnection } from "node:net";
import { createServer } from "../../src/http/create-server.ts";
import { ExpectedError } from "../../src/errors.ts";
import { ok } from "../../src/http/reply.ts";
import { BASE, route } from "../../src/http/route.ts";
import { HttpServer } from "../../src/http/server.ts";
import { ADMIN_TOKEN, FaceWorld } from "../support/http-doubles.ts";
import { Face } from "../support/face.ts";

/** Sends bytes as they are, and answers all that comes back until the connection ends. */
function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write(text));
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("close", () => resolve(answer));
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
  });
}

describe("whatever goes wrong is answered as problem+json", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());

  it("404 for an address that is not there, with everything a problem has", async () => {
    const answer = await face.ask("GET", "/nothing?x=1");
    expect(answer.status).to.equal(404);
    expect(answer.headers.get("content-type")).to.equal("application/problem+json");
    expect(answer.json).to.deep.equal({
      type: "urn:jobmount:problem:not_found",
      title: "Not Found",
      status: 404,
      code: "not_found",
      detail: "There is nothing at /api/v1/nothing.",
      requestId: answer.headers.get("x-request-id"),
    });
    expect((await face.fetch("/anything/else")).status).to.equal(404);
  });

  it("405 with Allow for a method that an address does not have (the router's own is plain text)", async () => {
    for (const [method, path, allow] of [
      ["PUT", "/jobs", "HEAD, GET"],
      ["PUT", "/runs/run_1", "HEAD, GET, DELETE"],
      ["OPTIONS", "/schedules", "HEAD, GET, POST"],
      ["POST", "/schedules/sch_1", "HEAD, GET, PATCH, PUT, DELETE"],
    ] as const) {
      const answer = await face.ask(method, path);
      expect(answer.status, `${method} ${path}`).to.equal(405);
      expect(answer.headers.get("allow")).to.equal(allow);
      expect(answer.headers.get("content-type")).to.equal("application/problem+json");
      expect(answer.json.detail).to.include(method);
    }
  });

  it("HEAD answers as GET does, without a body", async () => {
    const answer = await face.ask("HEAD", "/jobs");
    expect([answer.status, answer.text]).to.deep.equal([200, ""]);
  });

  it("a caller's request id is kept when it is a plain one, and otherwise ours", async () => {
    const kept = await face.ask("GET", "/nothing", { headers: { "x-request-id": "caller-1.2" } });
    expect([kept.headers.get("x-request-id"), kept.json.requestId]).to.deep.equal([
      "caller-1.2",
      "caller-1.2",
    ]);
    const ours = await face.ask("GET", "/nothing", { headers: { "x-request-id": "<script>" } });
    expect(ours.headers.get("x-request-id")).to.match(/^req_/);
  });

  it("nothing is cached and nothing is sniffed", async () => {
    const answer = await face.ask("GET", "/jobs");
    expect(answer.headers.get("cache-control")).to.equal("no-store");
    expect(answer.headers.get("x-content-type-options")).to.equal("nosniff");
  });

  it("A3: broken HTTP, a broken percent sign and a header of 20 KB are 4xx problems, and the service goes on", async () => {
    const auth = `Host: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nConnection: close\r\n`;
    for (const [text, status] of [
      ["nonsense\r\n\r\n", 400],
      [`GET /api/v1/jobs HTTP/1.1\r\n${auth}X: ${"x".repeat(20_000)}\r\n\r\n`, 431],
      [`GET /api/v1/jobs/%zz HTTP/1.1\r\n${auth}\r\n`, 404],
      [`GET /api/v1/jobs/%00%ff HTTP/1.1\r\n${auth}\r\n`, 404],
      [
        `POST /api/v1/schedules HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: x\r\n\r\n`,
        400,
      ],
      [
        `POST /api/v1/schedules HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
        400,
      ],
    ] as const) {
      const answer = await raw(face.url, text);
      expect(answer, text.slice(0, 40)).to.match(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).to.include("application/problem+json");
    }
    expect((await face.ask("GET", "/jobs")).status).to.equal(200);
  });

  it("a body that ends before its announced length changes nothing and is no error of ours", async () => {
    const { hostname, port } = new URL(face.url);
    await new Promise<void>((resolve) => {
      const socket = createConnection({ host: hostname, port: Number(port) }, () => {
        socket.end(
          `POST /api/v1/jobs/open/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n` +
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"params":{}',
        );
      });
      socket.resume().on("close", () => resolve());
    });
    expect((await face.ask("GET", "/jobs")).status).to.equal(200);
    expect(face.world.runs).to.deep.equal([]);
    expect(face.world.logged).to.deep.equal([]);
  });
});

describe("errors of ours, and errors that are expected", () => {
  const world = new FaceWorld();
  const secret = "SELECT * FROM tokens; ECONNREFUSED /srv/data/jobmount.db";
  const broken = (path: string, thrown: unknown) =>
    route({
      method: "GET",
      path: `${BASE}/${path}`,
      role: "viewer",
      summary: "",
      replies: {},
      handle: () => {
        throw thrown;
      },
    });
  const table = [
    broken("ours", new Error(secret)),
    broken("thrown-null", null),
    broken("away", new ExpectedError(503, "database_away", "The database does not answer.")),
    broken("odd-status", new ExpectedError(78, "odd", "not a status")),
    route({
      method: "GET",
      path: `${BASE}/unsendable`,
      role: "viewer",
      summary: "",
      replies: {},
      handle: () => ok({ big: 1n }),
    }),
  ];
  const server = new HttpServer(createServer(world.deps(), "network", table), {
    listen: { host: "127.0.0.1", port: 0 },
    graceMs: 100,
  });
  before(() => server.start());
  after(() => server.stop());
  beforeEach(() => world.logged.splice(0));

  const get = async (path: string) => {
    const response = await fetch(`${server.address}${BASE}/${path}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    return { response, text: await response.text() };
  };

  it("A3: an error of ours is a 500 that shows its request id alone, and is logged with it", async () => {
    for (const path of ["ours", "thrown-null", "odd-status", "unsendable"]) {
      const { response, text } = await get(path);
      expect(response.status, path).to.equal(500);
      expect(response.headers.get("content-type")).to.equal("application/problem+json");
      for (const word of ["SELECT", "ECONNREFUSED", "/srv", "stack", ".ts"])
        expect(text).not.to.include(word);
      const { requestId } = JSON.parse(text) as { requestId: string };
      expect(world.logged.at(-1)!.fields).to.include({ requestId });
    }
    expect(world.logged).to.have.length(4);
  });

  it("503 tells when to ask again, and is not logged as an error of ours", async () => {
    const { response, text } = await get("away");
    expect([response.status, response.headers.get("retry-after")]).to.deep.equal([503, "1"]);
    expect(JSON.parse(text)).to.include({ code: "database_away" });
    expect(world.logged).to.deep.equal([]);
  });
});
