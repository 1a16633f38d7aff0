import { expect } from "chai";
import { createConnection, type Socket } from "node:net";
import { createServer } from "../../src/http/create-server.ts";
import { HttpServer } from "../../src/http/server.ts";
import { eventually } from "../support/eventually.ts";
import { ADMIN_TOKEN, FaceWorld } from "../support/http-doubles.ts";

describe("A3: an answer that comes before the end of its request's body", function () {
  this.timeout(60_000);
  const server = new HttpServer(createServer(new FaceWorld().deps()), {
    listen: { host: "127.0.0.1", port: 0 },
    graceMs: 200,
  });
  before(() => server.start());
  after(() => server.stop());

  interface Raw {
    socket: Socket;
    /** What came back so far. */
    readonly text: string;
    /** When the service ended the connection; undefined as long as it is open. */
    readonly endedAt: number | undefined;
    readonly reset: boolean;
  }

  function open(): Raw {
    let text = "";
    let endedAt: number | undefined;
    let reset = false;
    const socket = createConnection({ host: "127.0.0.1", port: server.port, allowHalfOpen: true });
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("end", () => (endedAt ??= performance.now()));
    socket.on("error", () => (reset = true));
    socket.on("close", () => (endedAt ??= performance.now()));
    return {
      socket,
      get text() {
        return text;
      },
      get endedAt() {
        return endedAt;
      },
      get reset() {
        return reset;
      },
    };
  }

  const head = (extra: string, path = "/api/v1/schedules", method = "POST") =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nContent-Type: application/json\r\n${extra}\r\n\r\n`;
  const SIZE = 0x8000;
  const CHUNK = Buffer.concat([Buffer.from("8000\r\n"), Buffer.alloc(SIZE, 0x20), Buffer.from("\r\n")]);

  /** Sends on and on, as fast as it is taken, until the service ends the connection. */
  function sendOn(raw: Raw, bytes: Buffer): NodeJS.Timeout {
    return setInterval(
      () => raw.socket.writable && !raw.socket.writableNeedDrain && raw.socket.write(bytes),
      1,
    );
  }

  for (const [what, start, more, status] of [
    ["in chunks without an end", head("Transfer-Encoding: chunked"), CHUNK, 413],
    ["that is announced as 100 MB", head("Content-Length: 100000000"), Buffer.alloc(SIZE, 0x20), 413],
    ["where nothing is", head("Transfer-Encoding: chunked", "/api/v1/none"), CHUNK, 404],
    ["where none is taken", head("Transfer-Encoding: chunked", "/api/v1/meta", "GET"), CHUNK, 200],
  ] as const) {
    it(`a body ${what}: ${status} with Connection: close, and the connection is closed while it still comes`, async () => {
      const raw = open();
      raw.socket.write(start);
      const sending = sendOn(raw, more);
      try {
        await eventually(() => raw.text.includes("\r\n\r\n") && /[}\]]\s*$/.test(raw.text), 20_000);
        expect(raw.text).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
        expect(raw.text).to.match(/^connection: close\r$/im);
        await eventually(() => raw.endedAt !== undefined, 20_000);
        expect(raw.text.match(/HTTP\/1\.1/g), "one answer").to.have.length(1);
      } finally {
        clearInterval(sending);
        raw.socket.destroy();
      }
    });
  }

  it("who sends all of it before reading gets the whole answer, and then the end", async () => {
    const raw = open();
    raw.socket.pause();
    raw.socket.write(head("Transfer-Encoding: chunked"));
    for (let sent = 0; sent < 3 * 1024 * 1024; sent += SIZE) raw.socket.write(CHUNK);
    await new Promise((resolve) => raw.socket.write("0\r\n\r\n", resolve));
    raw.socket.resume();
    await eventually(() => raw.endedAt !== undefined, 20_000);
    expect(raw.text)
      .to.match(/^HTTP\/1\.1 413 /)
      .and.to.include('"code":"too_large"');
    expect(raw.reset).to.equal(false);
  });

  it("a connection whose requests are whole goes on, refused or not", async () => {
    const raw = open();
    for (const [body, status] of [
      ['{"job":"none","cron":"* * * * *"}', 422],
      ["{", 400],
    ] as const) {
      const before = raw.text.length;
      raw.socket.write(head(`Transfer-Encoding: chunked`));
      raw.socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
      await eventually(() => raw.text.slice(before).includes('"requestId"'), 20_000);
      expect(raw.text.slice(before)).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(raw.text).not.to.match(/^connection: close\r$/im);
    }
    expect(raw.endedAt).to.equal(undefined);
    raw.socket.destroy();
  });
});
