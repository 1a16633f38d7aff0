// Hostile input at every route of the published contract, against a real service on its SQLite file.
import { expect } from "chai";
import Libsql from "libsql";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { Service } from "../support/service.ts";
import { type Hostile, hostileTo, type Operation, operationsOf } from "./fuzz-inputs.ts";

/**
 * What a refusal may not touch: of rows that move by themselves (runs end, schedules fire) that they are there. The audit
 * log tells of refusals, and replicas say that they are there.
 */
const TABLES: Readonly<Record<string, string>> = {
  task_runs: "id",
  schedules: "id, revision, params, enabled",
  schedule_revisions: "*",
  pauses: "id",
  tokens: "id, revoked_at",
  sessions: "hash",
  sign_in_codes: "hash",
  jobs: "source, job_key, current_version, pinned, enabled",
  job_state: "*",
  settings: "*",
  job_versions: "hash",
};
const PROBES = 12;

interface Answered {
  status: number;
  type: string;
  text: string;
}

describe("A2: hostile input at every route", function () {
  this.timeout(120_000);
  let service: Service;
  let operations: Operation[] = [];
  let example: Record<string, string> = {};
  let database: Libsql.Database;
  const agent = new Agent({ keepAlive: true });

  before(async () => {
    service = await Service.start({ jobs: ["echo"] });
    operations = operationsOf((await service.get("/openapi.json")).json);
    const run = await service.call("POST", "/jobs/echo/runs", {});
    const schedule = await service.call("POST", "/schedules", { job: "echo", cron: "0 2 1 1 *" });
    const job = (await service.get("/jobs/echo")).json;
    const hash = String(job.version.hash);
    example = { key: "echo", name: "default", hash, a: hash, b: hash, n: "0" };
    example["id"] = String(schedule.json.id);
    await service.call("GET", `/runs/${run.json.id}`);
    database = new Libsql(join(service.folder, "data/jobmount.db"), { readonly: true });
  });
  after(async () => {
    database.close();
    agent.destroy();
    await service.stop();
  });

  const snapshot = () =>
    JSON.stringify(
      Object.entries(TABLES).map(([table, columns]) =>
        database.prepare(`SELECT ${columns} FROM ${table} ORDER BY 1`).all(),
      ),
    );

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

  it("only 4xx or 2xx, no request costs 200 ms of work, and the rows are as they were after what is refused", async () => {
    const bad: string[] = [];
    const costs: { what: string; ms: number }[] = [];
    let sent = 0;
    let grownFrom = 0;
    for (const [turn, operation] of operations.entries()) {
      const inputs = hostileTo(operation, example);
      // What must be refused goes first, so that nothing else has moved a row meanwhile.
      const must = sampled(
        inputs.filter((one) => one.refused),
        10,
        turn,
      );
      const may = sampled(
        inputs.filter((one) => !one.refused),
        14,
        turn,
      );
      const before = snapshot();
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
          if (++sent === 200) grownFrom = residentMB();
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
        }
        if (group === must && snapshot() !== before)
          bad.push(`${operation.method} ${operation.path}: a refusal changed rows`);
      }
    }
    expect(bad.slice(0, 40), `${bad.length} of ${sent}`).to.deep.equal([]);
    expect(costs.filter(({ ms }) => ms > 200)).to.deep.equal([]);
    expect(residentMB() - grownFrom, "MB grown").to.be.below(100);
    expect((await service.get("/readyz")).status).to.equal(200);
    expect(sent).to.be.above(600);
  });

  it("a body that never ends and one that never comes hold up nobody", async () => {
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
