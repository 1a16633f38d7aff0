// The link check against a real server.
import { expect } from "chai";
import { Job } from "../../external_tasks/link_check/job.ts";
import { eventually } from "../support/eventually.ts";
import { runJob, WrongParams } from "./run-job.ts";
import { startWebServer, type WebServer } from "./web-server.ts";

describe("link_check", () => {
  let server: WebServer;
  let closed: string;

  before(async () => {
    server = await startWebServer((request, response) => {
      if (request.url === "/hangs") return;
      if (request.url === "/cut") return void response.destroy();
      if (request.url === "/moved") response.setHeader("location", "/never-asked");
      const status = { "/good": 200, "/moved": 301, "/gone": 404, "/broken": 503 }[request.url ?? ""];
      response.statusCode = status ?? 418;
      response.end("some text");
    });
    const other = await startWebServer(() => undefined);
    closed = `${other.url}/nobody`;
    await other.close();
  });
  after(() => server.close());
  beforeEach(() => void (server.requests.length = 0));
  const asked = () => server.requests.map(({ url }) => url).sort();

  it("makes one record of each address, failed with its status, and is loud on 404", async () => {
    const urls = ["/good", "/gone", "/broken", "/moved"].map((path) => server.url + path);
    const ended = await runJob(Job, { params: { urls } });
    expect(ended.thrown).to.be.undefined;
    expect(ended.counts).to.deep.equal({ processed: 4, success: 2, failed: 2, skipped: 0 });
    expect(ended.failed).to.have.deep.members([
      { key: `${server.url}/gone`, reason: "404 Not Found" },
      { key: `${server.url}/broken`, reason: "503 Service Unavailable" },
    ]);
    const errors = ended.logs.filter(({ level }) => level === "error").map(({ text }) => text);
    expect(errors).to.include(`DEAD LINK ${server.url}/gone: 404 Not Found`);
    expect(ended.progress.at(-1)).to.deep.equal({ percent: 100, message: "4 of 4 addresses" });
  });

  it("asks the given addresses alone: a redirect is told, not followed", async () => {
    const ended = await runJob(Job, { params: { urls: [`${server.url}/moved`] } });
    expect(asked()).to.deep.equal(["/moved"]);
    expect(ended.logs).to.deep.include({
      level: "warn",
      text: `${server.url}/moved: 301 Moved Permanently, moved to /never-asked`,
      fields: { url: `${server.url}/moved`, status: 301, location: "/never-asked" },
    });
  });

  it("fails what does not answer in time, is cut off, or has nobody listening", async () => {
    const urls = [`${server.url}/hangs`, `${server.url}/cut`, closed];
    const ended = await runJob(Job, { params: { urls, timeoutSeconds: 0.2 } });
    expect(ended.thrown).to.be.undefined;
    expect(ended.failed).to.have.deep.members([
      { key: urls[0], reason: "no answer within 0.2 s" },
      { key: urls[1], reason: "the connection was cut (UND_ERR_SOCKET)" },
      { key: urls[2], reason: "nothing listens there (ECONNREFUSED)" },
    ]);
  });

  it("X11: leaves no connection open for the attempt that comes after", async () => {
    await runJob(Job, { params: { urls: [`${server.url}/good`, `${server.url}/gone`] } });
    expect(server.requests.map(({ headers }) => headers.connection)).to.deep.equal(["close", "close"]);
    await eventually(() => server.requests.every(({ socket }) => socket.destroyed));
  });

  it("X9: a cancel ends the waiting at once and keeps the counts so far", async () => {
    const controller = new AbortController();
    const running = runJob(Job, {
      params: { urls: [`${server.url}/good`, `${server.url}/hangs`, `${server.url}/gone`], parallel: 1 },
      signal: controller.signal,
    });
    await eventually(() => asked().includes("/hangs"));
    controller.abort(new Error("cancelled by hand"));
    const ended = await running;
    expect(ended.thrown).to.have.property("message", "cancelled by hand");
    expect(ended.counts).to.deep.equal({ processed: 1, success: 1, failed: 0, skipped: 0 });
    expect(asked()).to.not.include("/gone");
  });

  it("asks only the failed addresses again when asked to", async () => {
    const urls = ["/good", "/gone"].map((path) => server.url + path);
    const ended = await runJob(Job, { params: { urls }, run: { onlyRecords: [urls[1]!] } });
    expect(asked()).to.deep.equal(["/gone"]);
    expect(ended.counts.processed).to.equal(1);
  });

  it("fails instead of asking nothing when the key of a failed address was too long to be kept", async () => {
    const long = `${server.url}/gone?${"x".repeat(600)}`;
    const first = await runJob(Job, { params: { urls: [long] } });
    const key = first.failed[0]!.key!;
    const again = await runJob(Job, { params: { urls: [long] }, run: { onlyRecords: [key] } });
    expect(again.thrown).to.have.property("message").that.contains("run it as a whole");
  });

  it("asks at most as many at a time as allowed", async () => {
    let open = 0;
    let most = 0;
    const slow = await startWebServer((_request, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.end();
      }, 10);
    });
    try {
      const urls = Array.from({ length: 12 }, (_, n) => `${slow.url}/${n}`);
      const ended = await runJob(Job, { params: { urls, parallel: 3 } });
      expect(ended.counts.success).to.equal(12);
      expect(most).to.equal(3);
    } finally {
      await slow.close();
    }
  });

  it("needs at least one address, and addresses only", async () => {
    for (const urls of [[], ["not a url"], [1]]) {
      const refused = await runJob(Job, { params: { urls } }).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(WrongParams);
    }
  });
});
