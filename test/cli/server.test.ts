import { expect } from "chai";
import { once } from "node:events";
import { chmodSync, existsSync, renameSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { jobmount, tempFolder } from "./jobmount.ts";

/** What a real service does not answer at will: breaks, redirects, another release. Everything else: service-verbs.test.ts. */
type Handler = (
  request: IncomingMessage,
  body: string,
) => { status: number; body: unknown; headers?: Record<string, string>; raw?: string };

/** The connection breaks instead of an answer. */
const BREAK = { status: 0, body: {} };

describe("the verbs of a running service", () => {
  const cwd = tempFolder();
  const servers: Server[] = [];
  const seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  let handler: Handler = () => ({ status: 200, body: {} });

  async function listen(where: { path: string } | { port: 0; host: string }): Promise<Server> {
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
        const answer = request.url === "/livez" ? { status: 200, body: {} } : handler(request, body);
        if (answer.status === 0) return request.socket.destroy();
        const headers = { "content-type": "application/json", etag: '"7"', ...answer.headers };
        response.writeHead(answer.status, headers);
        response.end(answer.status === 204 ? undefined : (answer.raw ?? JSON.stringify(answer.body)));
      });
    });
    servers.push(server);
    server.listen(where);
    await once(server, "listening");
    return server;
  }

  let url = "";
  before(async () => {
    const server = await listen({ port: 0, host: "127.0.0.1" });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => seen.splice(0));
  after(() => servers.forEach((server) => server.close()));

  const remote = () => ({ JOBMOUNT_URL: `${url}/base/`, JOBMOUNT_TOKEN: "jbm_sometoken" });

  const run = {
    id: "run_1",
    job: "a.b",
    source: "default",
    state: "failed",
    reason: "timeout",
    cause: "timed out after 1s",
    trigger: "api",
    schedule: null,
    fireAt: null,
    queuedAt: "2027-01-01T00:00:00.123Z",
    startedAt: null,
    finishedAt: null,
    durationMs: 1000,
    attempt: 1,
    maxAttempts: 1,
    version: null,
    progress: null,
    records: { processed: 3, success: 1, failed: 2, skipped: 0 },
    result: null,
    error: null,
  };

  it("speak to JOBMOUNT_URL with the token, below its path", async () => {
    const page = { next: null, hasMore: false };
    handler = ({ url: path }) => ({
      status: 200,
      body: { data: path?.endsWith("/sources") ? [{ name: run.source }] : [run], page },
    });
    const { code, stdout } = await jobmount(["runs", "list", "--job", "a/b", "--since", "24h"], {
      cwd,
      env: remote(),
    });
    expect(code).to.equal(0);
    const asked = seen.find(({ url: path }) => path.includes("/runs"))!;
    expect(asked).to.deep.include({ method: "GET", url: "/base/api/v1/runs?job=a%2Fb&since=24h" });
    expect(asked.headers.authorization).to.equal("Bearer jbm_sometoken");
    expect(stdout).to.match(
      /run_1 +a\.b +failed \(timeout\) +api +2027-01-01T00:00:00Z +1s +3 processed, 1 success, 2 failed/,
    );
  });

  it("refuse JOBMOUNT_URL without a token, with exit code 78", async () => {
    const { code, stderr } = await jobmount(["runs", "list"], { cwd, env: { JOBMOUNT_URL: url } });
    expect(code).to.equal(78);
    expect(stderr).to.include("JOBMOUNT_TOKEN is not");
  });

  it("end with 5 when nobody answers, and say what to do", async () => {
    const [socket, address] = await Promise.all([
      jobmount(["runs", "list"], { cwd }),
      jobmount(["runs", "list"], { cwd, env: { ...remote(), JOBMOUNT_URL: "http://127.0.0.1:9" } }),
    ]);
    expect(socket.code).to.equal(5);
    expect(socket.stderr).to.include("jobmount.sock").and.to.include("npx jobmount start");
    expect(address.code).to.equal(5);
    expect(address.stderr).to.include("http://127.0.0.1:9 cannot be reached");
  });

  it("turn a problem into its sentence and fields, with 4 for refused, 3 for invalid, 5 for away", async () => {
    const cases: [number, number][] = [
      [403, 4],
      [404, 4],
      [409, 4],
      [422, 3],
      [503, 5],
    ];
    for (const [status, code] of cases) {
      const errors = [{ pointer: "/params/size", code: "min", message: "must be at least 1" }];
      handler = () => ({ status, body: { status, detail: `refused with ${status}`, errors } });
      const ended = await jobmount(["runs", "show", "run_1"], { cwd, env: remote() });
      expect(ended.code, String(status)).to.equal(code);
      expect(ended.stderr).to.equal(`refused with ${status}\n  -p size: must be at least 1\n`);
    }
    handler = () => ({ status: 401, body: {} });
    expect((await jobmount(["runs", "list"], { cwd, env: remote() })).stderr).to.include("does not know");
  });

  it("take no redirect and no page for a success: they end with 5, and say what to set", async () => {
    const cancel = ["runs", "cancel", "run_1"];
    const location = "https://jobs.example.com/base/api/v1/runs/run_1/cancel";
    handler = () => ({ status: 308, body: {}, headers: { location } });
    const moved = await jobmount(cancel, { cwd, env: remote() });
    expect(moved.code, moved.stderr).to.equal(5);
    expect(moved.stderr).to.include("JOBMOUNT_URL").and.to.include("https://jobs.example.com/base\n");
    for (const status of [200, 202, 302]) {
      const headers = { "content-type": "text/html" };
      handler = () => ({ status, body: {}, headers, raw: "<h1>Sign in</h1>" });
      const page = await jobmount(cancel, { cwd, env: remote() });
      expect(page.code, String(status)).to.equal(5);
      expect(page.stderr).to.include("is not Jobmount").and.to.include("JOBMOUNT_URL");
    }
  });

  it("trigger --wait: outlasts a connection that breaks, and a service that is away for a moment", async () => {
    const job = { key: "a.b", source: "default", loadState: "ready", enabled: true, version: { hash: "x" } };
    const params = { requiredParams: {}, optionalParams: {}, paramGroups: [], schedules: [] };
    const made: unknown[] = [];
    let looks = 0;
    handler = ({ method, url: path, headers }) => {
      if (method === "POST") {
        made.push(headers["idempotency-key"]);
        return made.length === 1 ? BREAK : { status: 202, body: { ...run, state: "queued" } };
      }
      if (path!.includes("/jobs/")) return { status: 200, body: { ...job, ...params } };
      looks++;
      if (looks === 1 || looks === 3) return BREAK;
      if (looks === 4) return { status: 503, body: { detail: "starting" } };
      const page = { next: null, hasMore: false };
      if (path!.includes("/logs")) return { status: 200, body: { data: [], page } };
      return { status: 200, body: { ...run, state: looks < 6 ? "running" : "succeeded", attempts: [] } };
    };
    const { code, stderr } = await jobmount(["trigger", "a/b", "--wait"], { cwd, env: remote() });
    expect(code, stderr).to.equal(0);
    expect(made).to.have.length(2);
    expect(made[0], "the same key, so that it is one run").to.equal(made[1]);
    expect(looks).to.be.greaterThan(5);
  });

  it("A5: use the local socket of the database's folder when a service answers there", async () => {
    handler = () => ({ status: 200, body: run });
    const folder = tempFolder();
    await listen({ path: join(folder, "jobmount.sock") });
    const env = { TASK_DATABASE_URL: `sqlite:${join(folder, "other.db")}` };
    const shown = await jobmount(["runs", "show", "run_1", "--json"], { cwd, env });
    expect(JSON.parse(shown.stdout)).to.deep.include({ id: "run_1" });
    expect(seen.at(-1)!.headers.authorization).to.equal(undefined);
    // And the file is not opened beside that service.
    const migrated = await jobmount(["migrate", "up"], { cwd, env });
    expect(migrated).to.include({ code: 0, stdout: "" });
    expect(migrated.stderr).to.include("A service runs on this database");
    expect(existsSync(join(folder, "other.db"))).to.equal(false);
  });

  it("A5: take a socket that a killed service left behind for no service", async () => {
    const folder = tempFolder();
    const dead = await listen({ path: join(folder, "jobmount.sock") });
    // Renamed away and back: closing a server removes its socket, a kill -9 does not.
    renameSync(join(folder, "jobmount.sock"), join(folder, "kept.sock"));
    await new Promise((resolve) => dead.close(resolve));
    renameSync(join(folder, "kept.sock"), join(folder, "jobmount.sock"));
    const env = { TASK_DATABASE_URL: `sqlite:${join(folder, "jobmount.db")}` };
    const status = await jobmount(["migrate", "status"], { cwd, env });
    expect(status.code).to.equal(0);
    expect(status.stdout).to.match(/^missing /);
  });

  it("runs logs and show: a log that was removed is told as such", async () => {
    const log = { lines: 7, bytes: 90, droppedBytes: 0, removedAt: "2027-02-01T00:00:00Z" };
    handler = (request) => {
      if (!request.url!.includes("/logs")) return { status: 200, body: { ...run, log } };
      return { status: 200, body: { data: [], page: { next: null, hasMore: false } } };
    };
    const sentence =
      /its 7 lines were removed on 2027-02-01T00:00:00Z because of their age \(JOBMOUNT_RETENTION_LOGS\)/;
    expect((await jobmount(["runs", "logs", "run_1"], { cwd, env: remote() })).stderr).to.match(sentence);
    expect((await jobmount(["runs", "show", "run_1"], { cwd, env: remote() })).stdout).to.match(sentence);
  });

  it("schedules edit: patches what is given under the ETag that was just read, and only that", async () => {
    const schedule = {
      ...{ id: "sch_1", source: "default", job: "a.b", sentence: "At 03:00" },
      nextFires: [{ at: "x", local: "tomorrow" }],
    };
    handler = () => ({ status: 200, body: schedule });
    const edit = (...args: string[]) =>
      jobmount(["schedules", "edit", "sch_1", ...args], { cwd, env: remote() });
    const changed = await edit("--cron", "0 3 * * *", "--tz", "UTC");
    expect(changed).to.include({ code: 0, stderr: "sch_1 is changed: At 03:00; next: tomorrow\n" });
    expect(JSON.parse(seen.at(-1)!.body)).to.deep.equal({ cron: "0 3 * * *", timeZone: "UTC" });
    expect(seen.at(-1)!.headers).to.include({ "if-match": '"7"' });
    seen.splice(0);
    expect((await edit()).code).to.equal(2);
    expect((await edit("--cron", "x", "--every", "1m")).code).to.equal(2);
    expect(seen.filter(({ method }) => method !== "GET")).to.deep.equal([]);
    handler = ({ method }) =>
      method === "GET"
        ? { status: 200, body: schedule }
        : { status: 412, body: { status: 412, detail: "It was changed meanwhile." } };
    expect(await edit("--name", "x")).to.include({ code: 4, stderr: "It was changed meanwhile.\n" });
  });

  it("errors, token list and links: every page of a service that cuts them, and all of one that takes no page", async () => {
    const wrong = { status: 422, body: { detail: "/query/limit: is not a query parameter here" } };
    const [one, two] = [{ id: "one" }, { id: "two" }];
    for (const args of [["errors"], ["token", "list"], ["token", "links"]]) {
      handler = ({ url: path }) => {
        const query = new URL(path!, url).searchParams;
        if ([...query.keys()].some((name) => name !== "cursor")) return wrong;
        const page = query.has("cursor") ? { next: null, hasMore: false } : { next: "more", hasMore: true };
        return { status: 200, body: { data: [query.has("cursor") ? two : one], page } };
      };
      const paged = await jobmount([...args, "--json"], { cwd, env: remote() });
      expect(paged.code, paged.stderr).to.equal(0);
      expect(JSON.parse(paged.stdout)).to.deep.equal([one, two]);
      const page = { next: null, hasMore: false };
      handler = ({ url: path }) =>
        path!.includes("?") ? wrong : { status: 200, body: { data: [one], page } };
      const whole = await jobmount([...args, "--json"], { cwd, env: remote() });
      expect(whole.code, whole.stderr).to.equal(0);
      expect(JSON.parse(whole.stdout)).to.deep.equal([one]);
    }
  });

  it("say so when the socket belongs to another user", async function () {
    if (process.getuid?.() === 0) return this.skip();
    const folder = tempFolder();
    await listen({ path: join(folder, "jobmount.sock") });
    chmodSync(join(folder, "jobmount.sock"), 0o000);
    const env = { TASK_DATABASE_URL: `sqlite:${join(folder, "x.db")}` };
    const { code, stderr } = await jobmount(["runs", "list"], { cwd, env });
    expect(code).to.equal(4);
    expect(stderr).to.include("under another user");
  });
});
