import { expect } from "chai";
import { once } from "node:events";
import { chmodSync, existsSync, renameSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { jobmount, tempFolder } from "./jobmount.ts";

/** What a service answers, for what the client does with it; the real one is met in test/integration. */
type Handler = (request: IncomingMessage, body: string) => { status: number; body: unknown };

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
        response.writeHead(answer.status, { "content-type": "application/json", etag: '"7"' });
        response.end(answer.status === 204 ? undefined : JSON.stringify(answer.body));
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
      expect(ended.stderr).to.equal(`refused with ${status}\n  /params/size: must be at least 1\n`);
    }
    handler = () => ({ status: 401, body: {} });
    expect((await jobmount(["runs", "list"], { cwd, env: remote() })).stderr).to.include("does not know");
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

  it("trigger: decodes the params by the job's declaration, and follows the run with its log and exit code", async () => {
    let looks = 0;
    handler = (request, body) => {
      const path = request.url!.replace("/base/api/v1", "");
      if (path === "/jobs/billing.sync") {
        const declared = { size: { type: "integer" } };
        return { status: 200, body: { ...job, requiredParams: declared } };
      }
      if (path === "/jobs/billing.sync/runs") {
        expect(JSON.parse(body)).to.deep.equal({ params: { size: 5 } });
        return { status: 202, body: { ...run, state: "queued" } };
      }
      if (path.startsWith("/runs/run_1/logs")) {
        const line = { seq: 1, time: "2027-01-01T00:00:00Z", level: "warn", text: "half way\u001b]0;x" };
        const data = looks > 1 && path.includes("after=0") ? [line] : [];
        return { status: 200, body: { data, page: { next: null, hasMore: false } } };
      }
      return { status: 200, body: ++looks < 3 ? { ...run, state: "running", reason: null } : run };
    };
    const { code, stdout, stderr } = await jobmount(["trigger", "billing/sync", "-p", "size=5", "--wait"], {
      cwd,
      env: remote(),
    });
    expect(code).to.equal(124);
    expect(stdout).to.equal("");
    // What a job writes cannot change the terminal's title.
    expect(stderr).to.include("warn  half way\ufffd]0;x");
    expect(stderr).to.include(
      "failed (timeout) in 1s: 3 processed, 1 success, 2 failed\n  timed out after 1s",
    );
    const posted = seen.find((one) => one.method === "POST")!;
    expect(posted.headers["idempotency-key"]).to.match(/^[0-9a-f-]{36}$/);
  });

  const job = {
    key: "hello",
    source: "default",
    loadState: "ready",
    loadError: null as object | null,
    version: { hash: "c864f37aaaa" } as { hash: string } | null,
    schedules: [{ enabled: true }, { enabled: false }],
    nextRunAt: "2027-01-01T00:00:00.000Z",
    requiredParams: {},
    optionalParams: {},
    paramGroups: [],
  };
  const loadError = {
    code: "E120",
    message: 'the package "lodash" is not installed',
    file: "hello/job.ts",
    line: 2,
    column: 1,
    frame: null,
    hint: "run it",
    since: "2027-01-01T00:00:00Z",
  };

  it("jobs: lists state, version, schedules and next run of each, and why some do not load", async () => {
    const broken = {
      ...job,
      key: "a.b",
      loadState: "error",
      version: null,
      schedules: [],
      nextRunAt: null,
      loadError,
    };
    const pages = [
      { data: [job], page: { next: "more", hasMore: true } },
      { data: [broken], page: { next: null, hasMore: false } },
    ];
    const sources = { data: [{ name: job.source }] };
    handler = ({ url }) => ({
      status: 200,
      body: url!.includes("/sources") ? sources : pages[url!.includes("cursor=more") ? 1 : 0],
    });
    const { code, stdout, stderr } = await jobmount(["jobs"], { cwd, env: remote() });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^hello +ready +c864f37 +1, 1 disabled +2027-01-01T00:00:00Z$/m);
    expect(stdout).to.match(/^a\.b +error +- +- +-$/m);
    expect(stderr)
      .to.include("a.b does not load since 2027-01-01")
      .and.to.include("  E120 hello/job.ts:2:1 the package");
    const json = await jobmount(["jobs", "--json"], { cwd, env: remote() });
    expect((JSON.parse(json.stdout) as { key: string }[]).map(({ key }) => key)).to.deep.equal([
      "hello",
      "a.b",
    ]);
  });

  it("trigger: of an unknown job, or of one that never loaded, names the verbs that help", async () => {
    const detail = 'There is no job "hello". GET /api/v1/jobs lists all.';
    handler = () => ({ status: 404, body: { status: 404, detail } });
    const unknown = await jobmount(["trigger", "hello"], { cwd, env: remote() });
    expect(unknown).to.include({
      code: 4,
      stderr: 'There is no job "hello".\nnpx jobmount jobs lists all jobs.\n',
    });
    handler = () => ({ status: 200, body: { ...job, version: null, loadState: "error", loadError } });
    const never = await jobmount(["trigger", "hello"], { cwd, env: remote() });
    expect(never.code).to.equal(4);
    expect(never.stderr)
      .to.include("  E120 hello/job.ts:2:1")
      .and.to.include("never loaded")
      .and.to.include("npx jobmount validate")
      .and.to.include("npx jobmount jobs");
    expect(seen.filter((one) => one.method === "POST")).to.deep.equal([]);
  });

  it("trigger: of a job whose newest code does not load says which version runs", async () => {
    const stale = { ...job, loadState: "stale", loadError };
    handler = (request) => ({ status: 200, body: request.method === "POST" ? run : stale });
    const { code, stderr } = await jobmount(["trigger", "hello"], { cwd, env: remote() });
    expect(code).to.equal(0);
    expect(stderr).to.equal(
      "note: hello/job.ts does not load since 2027-01-01T00:00:00Z; version c864f37 runs\n",
    );
  });

  const failedOnce = {
    attempt: 1,
    state: "retrying",
    reason: "error",
    cause: "no answer\nfrom the bank",
    startedAt: "2027-01-01T00:00:00.000Z",
    finishedAt: "2027-01-01T00:00:03.000Z",
    durationMs: 3000,
  };
  const succeeded = { ...failedOnce, attempt: 2, state: "succeeded", reason: null, cause: null };

  it("trigger --wait: tells each failed attempt once, and when the next one starts", async () => {
    const availableAt = "2027-01-01T00:02:00.000Z";
    const waiting = {
      ...run,
      state: "retrying",
      reason: null,
      cause: null,
      availableAt,
      attempts: [failedOnce],
    };
    const answers = [
      waiting,
      waiting,
      { ...waiting, state: "succeeded", attempt: 2, attempts: [failedOnce, succeeded] },
    ];
    handler = (request) => {
      const path = request.url!;
      if (path.includes("/jobs/")) return { status: 200, body: request.method === "POST" ? waiting : job };
      if (path.includes("/logs"))
        return { status: 200, body: { data: [], page: { next: null, hasMore: false } } };
      return { status: 200, body: answers.length > 1 ? answers.shift() : answers[0] };
    };
    const { code, stderr } = await jobmount(["trigger", "hello", "-w"], { cwd, env: remote() });
    expect(code).to.equal(0);
    const lines = stderr.split("\n").filter((line) => line.startsWith("attempt "));
    expect(stderr).to.include(`attempt 1 failed: no answer\nfrom the bank; again at ${availableAt}`);
    expect(lines).to.have.length(1);
  });

  it("runs show: prints the attempts of a run that had several", async () => {
    const body = { ...run, state: "succeeded", reason: null, cause: null, attempt: 2, maxAttempts: 3 };
    handler = () => ({ status: 200, body: { ...body, attempts: [failedOnce, succeeded] } });
    const { code, stdout } = await jobmount(["runs", "show", "run_1"], { cwd, env: remote() });
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /^attempts +1 +retrying \(error\) +2027-01-01T00:00:00Z +3s +no answer from the bank\n +2 +succeeded /m,
    );
  });

  it("schedules enable, disable and delete: change what was read, and say so", async () => {
    const schedule = { id: "sch_1", nextFires: [{ at: "x", local: "tomorrow" }] };
    handler = (request) => ({ status: request.method === "DELETE" ? 204 : 200, body: schedule });
    const say = async (verb: string) => {
      const { code, stderr } = await jobmount(["schedules", verb, "sch_1"], { cwd, env: remote() });
      expect(code, stderr).to.equal(0);
      return stderr;
    };
    expect(await say("disable")).to.equal("sch_1 is disabled; it does not fire until it is enabled\n");
    const patch = seen.at(-1)!;
    expect(patch).to.deep.include({ method: "PATCH", body: '{"enabled":false}' });
    expect(patch.headers).to.deep.include({
      "if-match": '"7"',
      "content-type": "application/merge-patch+json",
    });
    expect(await say("enable")).to.equal("sch_1 is enabled; next: tomorrow\n");
    expect(seen.at(-1)!.body).to.equal('{"enabled":true}');
    expect(await say("delete")).to.include("sch_1 is deleted");
    expect(seen.at(-1)).to.deep.include({ method: "DELETE", url: "/base/api/v1/schedules/sch_1" });
  });

  it("schedules create: wants exactly one of --cron, --every and --at", async () => {
    const { code, stderr } = await jobmount(
      ["schedules", "create", "x", "--cron", "* * * * *", "--every", "1m"],
      {
        cwd,
        env: remote(),
      },
    );
    expect(code).to.equal(2);
    expect(stderr).to.include("exactly one of --cron, --every and --at");
    expect(seen).to.deep.equal([]);
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
