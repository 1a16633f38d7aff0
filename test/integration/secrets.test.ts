// L3 with real processes: the built-in check writes a secret in every form and place, and then it is looked for everywhere.
import { expect } from "chai";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/db/open.ts";
import { formsOf } from "../../src/runs/secret-forms.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const CANARY = 'canary-"quoted"\\é/+?&=%-0123456789-ünï🛰-end';
const TOKEN = "xoxb-of-its-own-0123456789";
/** Of what is cut, so much may be left. */
const SHOWN = 3;

const [FIRST_KEY, OTHER_KEY] = [
  "the-first-key-of-this-test-0123456789",
  "another-key-of-this-test-0123456789",
];

/** Keeps the secret as a durable value and uses it in the next run, as a refreshed token would be. */
const KEEPS = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Keeps", optionalParams: { token: { type: "password" } } }) {
  execute() {
    const before = this.state.get<{ token: string }>("kept");
    if (this.params.token) this.state.set("kept", { token: this.params.token });
    return { length: before?.token.length ?? 0 };
  }
}
`;

/** Shows all that it gets from its environment. */
const TELLS = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Tells", env: ["SLACK_TOKEN", "GREETING", "HOME_URL"] }) {
  execute() {
    const { SLACK_TOKEN, GREETING, HOME_URL } = process.env;
    this.log.info("got " + SLACK_TOKEN + ", " + GREETING + ", " + HOME_URL);
    throw new Error("refused " + SLACK_TOKEN);
  }
}
`;

onEveryDatabase("L3: secrets", function (databases) {
  let service: Service;
  let database: string;
  const answers: string[] = [];
  const env: Record<string, string> = {
    JOBMOUNT_LOG_LEVEL: "debug",
    JOBMOUNT_SECRET_KEY: FIRST_KEY,
    SLACK_TOKEN: TOKEN,
    GREETING: "good morning",
    HOME_URL: `https://me:${encodeURIComponent(CANARY)}@example.test/`,
  };

  before(async function () {
    this.timeout(60_000);
    database = await databases.freshUrl();
    service = await Service.start({ jobs: [], database, env });
    mkdirSync(join(service.tasks, "keeps"), { recursive: true });
    writeFileSync(join(service.tasks, "keeps", "job.ts"), KEEPS);
    mkdirSync(join(service.tasks, "tells"), { recursive: true });
    writeFileSync(join(service.tasks, "tells", "job.ts"), TELLS);
    for (const job of ["keeps", "tells"])
      await eventually(async () => (await service.get(`/jobs/${job}`)).status === 200, 15_000);
  });
  after(() => service.stop());

  const get = async (path: string, accept = "application/json") => {
    const reply = await service.call("GET", path, undefined, { accept });
    answers.push(reply.text);
    return reply;
  };

  /** Every form of the canary, and its first and last parts, in this text. */
  function leaks(text: string): string[] {
    const forms = formsOf(CANARY);
    const parts = [CANARY.slice(0, SHOWN + 9), CANARY.slice(-12)];
    return [...forms, ...parts].filter((form) => text.includes(form));
  }

  async function everyRow(): Promise<string> {
    const opened = await openDatabase({ url: database });
    try {
      const tables = opened.dataSource.entityMetadatas.map(({ tableName }) => tableName);
      let all = "";
      for (const table of tables) all += JSON.stringify(await opened.read.all(`SELECT * FROM ${table}`));
      return all;
    } finally {
      await opened.close();
    }
  }

  /** What lies in the folder of the service, but for the database itself, which is read by its rows. */
  function everyFile(folder = service.folder): string {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => !/\.(db|db-wal|db-shm|sock)$/.test(path))
      .map((path) => (statSync(path).isDirectory() ? everyFile(path) : readFileSync(path, "latin1")))
      .join("\n");
  }

  for (const end of ["result", "error"]) {
    it(`a job that writes its secret in every form and place and ends with ${end} leaks none of it`, async function () {
      this.timeout(60_000);
      const params = { canary: CANARY, end };
      const run = await service.run("builtin:secret_check", params);
      answers.push(JSON.stringify(run));
      expect(run["state"], JSON.stringify(run)).to.equal(end === "result" ? "succeeded" : "failed");
      expect(run.params["canary"]).to.deep.equal({ secret: true });
      const logs = `/runs/${run["id"]}/logs?limit=5000`;
      const lines = (await get(logs)).json.data as Json[];
      for (const accept of ["text/plain", "application/x-ndjson"]) await get(logs, accept);
      for (const accept of ["application/json", "text/csv"])
        await get(`/runs/${run["id"]}/failed-records`, accept);
      await get(`/runs/${run["id"]}`);
      await get("/runs", "text/csv");
      await get("/jobs/builtin:secret_check");
      // It was there: each line stands for one of those that were written.
      const masked = lines.filter((line) => line["text"].includes("***"));
      expect(masked.length).to.be.at.least(5 * 5 + 3);
      expect(new Set(masked.map((line) => line["stream"]))).to.deep.equal(
        new Set(["log", "stdout", "stderr"]),
      );
      expect(leaks(answers.join("\n")), "in what REST answers").to.deep.equal([]);
      expect(leaks(await everyRow()), "in the tables").to.deep.equal([]);
      expect(leaks(service.output), "in the service's own log").to.deep.equal([]);
      expect(leaks(everyFile()), "in the files").to.deep.equal([]);
    });
  }

  it("of the variables that a job declares, those named as secrets and passwords in addresses are masked", async function () {
    this.timeout(60_000);
    const run = await service.run("tells");
    expect(run.error.message).to.equal("refused ***");
    expect(run["cause"]).to.match(/^refused \*\*\* /);
    const [line] = (await get(`/runs/${run["id"]}/logs`)).json.data as Json[];
    expect(line["text"]).to.equal("got ***, good morning, https://me:***@example.test/");
    const rows = await everyRow();
    expect([...leaks(rows), ...formsOf(TOKEN).filter((form) => rows.includes(form))]).to.deep.equal([]);
  });

  it("a durable value that holds a secret is stored sealed, and the job gets it back as it was", async function () {
    this.timeout(60_000);
    expect((await service.run("keeps", { token: CANARY }))["result"]).to.deep.equal({ length: 0 });
    expect(leaks(await everyRow())).to.deep.equal([]);
    expect(await everyRow()).to.include("$sealed");
    expect((await service.run("keeps"))["result"]).to.deep.equal({ length: CANARY.length });
  });

  it("a wrong value of a secret is told without the value", async () => {
    for (const path of ["runs", "validate"]) {
      const reply = await service.call("POST", `/jobs/builtin:secret_check/${path}`, {
        params: { canary: { wrong: CANARY }, end: CANARY },
      });
      expect(reply.status).to.equal(422);
      expect(reply.text.split("/params/end")[0]).not.to.include(CANARY.slice(0, 12));
    }
  });

  it("built-in jobs are listed when they are asked for", async () => {
    expect((await service.get("/jobs")).json.data.map((job: Json) => job["key"])).to.deep.equal([
      "keeps",
      "tells",
    ]);
    const built = (await service.get("/jobs?source=builtin")).json.data;
    expect(built.map((job: Json) => [job["key"], job["loadState"]])).to.deep.equal([
      ["secret_check", "ready"],
    ]);
  });

  it("a secret that no key at hand opens ends the run as params, in words that say what to do; with the key it runs", async function () {
    this.timeout(90_000);
    const before = await service.run("keeps", { token: CANARY });
    const again = async () => {
      const made = await service.call("POST", `/runs/${before["id"]}/retry`, {});
      expect(made.status, made.text).to.equal(202);
      return eventually(async () => {
        const { json } = await get(`/runs/${made.json["id"]}`);
        return ["failed", "succeeded"].includes(json["state"]) && json;
      }, 20_000);
    };
    const restart = async (keys: string) => {
      await service.terminate();
      env["JOBMOUNT_SECRET_KEY"] = keys;
      await service.startAgain();
    };
    await restart(OTHER_KEY);
    const param = await again();
    expect(param).to.include({ state: "failed", reason: "params", attempt: 1 });
    expect(param.cause).to.match(
      /^a saved secret cannot be decrypted with the keys that are there: the sealed value of the param "token" was made with the key [0-9a-f]{8}, and JOBMOUNT_SECRET_KEY holds only [0-9a-f]{8}: add the earlier key behind the first \(a comma between them\), or save the value again$/,
    );
    const kept = await service.run("keeps");
    expect(kept).to.include({ state: "failed", reason: "params" });
    expect(kept.cause).to.include('the sealed value of the durable value "kept" was made with the key ');
    const warned = () => service.output.match(/secret values cannot be opened: JOBMOUNT_SECRET_KEY/g) ?? [];
    await eventually(() => warned().length > 0, 30_000);
    expect(warned(), "at the start, once").to.have.length(1);
    for (const text of [JSON.stringify(param), JSON.stringify(kept), service.output]) {
      expect(leaks(text)).to.deep.equal([]);
      for (const key of [FIRST_KEY, OTHER_KEY]) expect(text).not.to.include(key);
    }
    await restart(`${OTHER_KEY},${FIRST_KEY}`);
    expect(await again()).to.include({ state: "succeeded" });
    expect((await service.run("keeps"))["result"]).to.deep.equal({ length: CANARY.length });
  });
});
