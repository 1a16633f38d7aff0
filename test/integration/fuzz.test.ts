// Hostile input at every route of the published contract, against a real service on each database.
import { expect } from "chai";
import Libsql from "libsql";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { openDatabase } from "../../src/db/open.ts";
import { socketAddress } from "../../src/http/server.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { Service } from "../support/service.ts";
import { type Hostile, hostileTo, type Operation, operationsOf } from "./fuzz-inputs.ts";

/**
 * What a refusal may not touch: of rows that move by themselves (runs end, schedules fire) that they are there. The audit
 * log tells of refusals, and replicas say that they are there.
 */
const TABLES: Readonly<Record<string, string>> = {
  // A schedule that was made on the way fires by itself.
  task_runs: "id, retry_of, batch FROM task_runs WHERE triggered_by <> 'schedule'",
  schedules: "id, revision, params, enabled FROM schedules",
  schedule_revisions: "schedule_id, revision, actor, action FROM schedule_revisions",
  pauses: "id, ended_at FROM pauses",
  tokens: "id, revoked_at FROM tokens",
  sessions: "hash FROM sessions",
  sign_in_codes: "hash, used_at FROM sign_in_codes",
  jobs: "source, job_key, current_version, pinned, enabled, revision FROM jobs",
  job_state: "* FROM job_state",
  settings: "* FROM settings",
  job_versions: "hash FROM job_versions",
};
const PROBES = 12;

interface Answered {
  status: number;
  type: string;
  text: string;
}

onEveryDatabase("A2: hostile input at every route", function (databases) {
  let service: Service;
  let operations: Operation[] = [];
  let example: Record<string, string> = {};
  let rowsOf: (query: string) => Promise<unknown[]>;
  let close: () => Promise<void> | void;
  const agent = new Agent({ keepAlive: true });

  before(async function () {
    this.timeout(120_000);
    const url = databases.name === "sqlite" ? undefined : await databases.freshUrl();
    service = await Service.start({ jobs: ["echo", "noop", "writes_lines"], database: url });
    operations = operationsOf((await service.get("/openapi.json")).json);
    const job = (await service.get("/jobs/echo")).json;
    const hash = String(job.version.hash);
    example = { key: "echo", name: "default", hash, a: hash, b: hash, n: "0" };
    if (url === undefined) {
      const file = new Libsql(join(service.folder, "data/jobmount.db"), { readonly: true });
      rowsOf = (query) => Promise.resolve(file.prepare(query).all());
      close = () => void file.close();
    } else {
      const database = await openDatabase({ url });
      rowsOf = (query) => database.read.all(query);
      close = () => database.close();
    }
  });
  after(async () => {
    await close();
    agent.destroy();
    await service.stop();
  });

  const snapshot = async () => {
    const tables = Object.values(TABLES).map((text) => rowsOf(`SELECT ${text} ORDER BY 1`));
    return JSON.stringify(await Promise.all(tables));
  };

  /** Something that is there, new for each operation: one before may have ended it. Of a job that nothing hostile is sent to. */
  const idFor = async (path: string): Promise<string> => {
    const made = async (at: string, body: object, headers?: Record<string, string>) => {
      const { status, json, text } = await service.call("POST", at, body, headers);
      if (status >= 300) throw new Error(`POST ${at} answered ${status}: ${text}`);
      return json;
    };
    if (path.includes("/runs/")) {
      const params = { lines: 300 };
      return String((await made("/jobs/writes_lines/runs", { params }, { prefer: "wait=20" })).id);
    }
    if (path.includes("/tokens/")) return String((await made("/tokens", { name: "x", role: "viewer" })).id);
    if (path.includes("/sign-in-links/")) return newLink();
    const { id } = await made("/schedules", { job: "noop", every: "1h", anchorAt: "2026-01-01T00:30:00Z" });
    if (!path.includes("/batches/")) return String(id);
    const to = new Date(Date.now() - 60_000).toISOString();
    const from = new Date(Date.now() - 3 * 3_600_000).toISOString();
    return String((await made(`/schedules/${id}/backfill`, { from, to })).batch);
  };

  /** Links are made over the service's own socket alone. */
  const newLink = () =>
    new Promise<string>((resolve, reject) => {
      const socketPath = socketAddress(join(service.folder, "data", "jobmount.sock"));
      request({ socketPath, path: "/api/v1/sign-in-links", method: "POST" }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve((JSON.parse(text) as { id: string }).id));
      })
        .on("error", reject)
        .end();
    });

  const send = (method: string, { path, headers, body }: Hostile): Promise<Answered> =>
    new Promise((resolve, reject) => {
      let settled = false;
      const asked = request(
        `${service.url}${path}`,
        {
          method,
          agent,
          headers: {
            authorization: `Bearer ${service.token}`,
            ...(body ? { "content-length": String(body.length) } : {}),
            // A header that cannot even be written is no request.
            ...Object.fromEntries(
              Object.entries(headers).map(([k, v]) => [k, Buffer.from(v).toString("latin1")]),
            ),
          },
        },
        (response) => {
          const type = response.headers["content-type"] ?? "";
          const done = (text: string) => {
            settled = true;
            resolve({ status: response.statusCode!, type, text });
          };
          if (type.startsWith("text/event-stream")) {
            response.destroy();
            return done("");
          }
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += text.length < 2_000 ? chunk : ""));
          response.on("end", () => done(text));
        },
      );
      asked.on("error", (error) => settled || reject(error));
      asked.end(body ?? undefined);
    });

  const ticks = () => {
    const fields = readFileSync(`/proc/${service.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const residentMB = () =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${service.pid}/status`, "utf8"))![1]) / 1024;

  it("only 4xx or 2xx, no request costs 200 ms of work, and the rows are as they were after each that is refused", async function () {
    this.timeout(180_000);
    const bad: string[] = [];
    const costs: { what: string; ms: number }[] = [];
    let sent = 0;
    const grownFrom = residentMB();
    const unreached: string[] = [];
    for (const [turn, operation] of operations.entries()) {
      if (operation.path.includes("{id}")) example["id"] = await idFor(operation.path);
      const inputs = hostileTo(operation, example);
      const statuses = new Set<number>();
      // What must be refused goes first, so that nothing else has moved a row meanwhile.
      const must = sampled(
        inputs.filter((one) => one.refused),
        12,
        turn,
      );
      const may = sampled(
        inputs.filter((one) => !one.refused),
        18,
        turn,
      );
      let before = await snapshot();
      for (const group of [must, may]) {
        for (const one of group) {
          const from = ticks();
          const { status, type, text } = await send(operation.method, one).catch((error: Error) => ({
            status: 0,
            type: "",
            text: error.message,
          }));
          costs.push({
            what: `${operation.method} ${one.path.slice(0, 80)} ${one.what}`,
            ms: (ticks() - from) * 10,
          });
          sent++;
          statuses.add(status);
          const isFine =
            status >= 200 &&
            status < 500 &&
            (status < 400 || type.startsWith("application/problem+json") || type.startsWith("text/html"));
          const isRefused = status >= 400 && status < 500;
          if (
            !isFine ||
            (one.refused && !isRefused) ||
            /at \w+ \(|SQLITE|SELECT |\/src\//.test(status >= 400 ? text : "")
          )
            bad.push(
              `${operation.method} ${one.path.slice(0, 80)} ${one.what}: ${status} ${text.slice(0, 200)}`,
            );
          const now = await snapshot();
          if (isRefused && now !== before)
            bad.push(`${operation.method} ${one.path.slice(0, 80)} ${one.what}: ${status}, and rows changed`);
          before = now;
        }
      }
      if (inputs.length > 0 && [...statuses].every((status) => [404, 428].includes(status)))
        unreached.push(`${operation.method} ${operation.path}: ${[...statuses].join(", ")}`);
    }
    expect(unreached, "what is behind the id and If-Match was reached").to.deep.equal([]);
    expect(bad.slice(0, 40), `${bad.length} of ${sent}`).to.deep.equal([]);
    expect(costs.filter(({ ms }) => ms > 200)).to.deep.equal([]);
    expect(residentMB() - grownFrom, "MB grown").to.be.below(100);
    expect((await service.get("/readyz")).status).to.equal(200);
    expect(sent).to.be.above(900);
  });

  it("a body that never ends and one that never comes hold up nobody", async function () {
    this.timeout(120_000);
    const { hostname, port } = new URL(service.url);
    const head = (extra: string) =>
      `POST /api/v1/schedules HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.token}\r\nContent-Type: application/json\r\n${extra}\r\n\r\n`;
    const slow = Array.from({ length: 20 }, () => connect(Number(port), hostname));
    for (const socket of slow)
      socket.on("error", () => undefined).write(`${head("Content-Length: 1000")}{"job":`);
    const endless = connect(Number(port), hostname).on("error", () => undefined);
    let answer = "";
    endless.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    endless.write(head("Transfer-Encoding: chunked"));
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(0x10000, 0x20), Buffer.from("\r\n")]);
    const before = residentMB();
    for (let i = 0; i < 400 && !endless.destroyed; i++) {
      if (!endless.write(chunk)) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const from = ticks();
    for (let i = 0; i < PROBES; i++) expect((await service.get("/meta")).status).to.equal(200);
    expect((ticks() - from) * 10, "ms of work").to.be.below(200 * PROBES);
    expect(answer).to.include("HTTP/1.1 413");
    expect(residentMB() - before, "MB grown").to.be.below(100);
    for (const socket of [...slow, endless]) socket.destroy();
  });
});

/** So many of them, spread over all; which ones moves from operation to operation. */
function sampled(inputs: readonly Hostile[], most: number, turn: number): Hostile[] {
  const step = Math.max(1, Math.ceil(inputs.length / most));
  return inputs.filter((_, i) => i % step === turn % step);
}
