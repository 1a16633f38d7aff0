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
/** Of what is cut, so much may be left. */
const SHOWN = 3;

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

onEveryDatabase("L3: secrets", function (databases) {
  let service: Service;
  let database: string;
  const answers: string[] = [];

  before(async function () {
    this.timeout(60_000);
    database = await databases.freshUrl();
    service = await Service.start({ jobs: [], database, env: { JOBMOUNT_LOG_LEVEL: "debug" } });
    mkdirSync(join(service.tasks, "keeps"), { recursive: true });
    writeFileSync(join(service.tasks, "keeps", "job.ts"), KEEPS);
    await eventually(async () => (await service.get("/jobs/keeps")).status === 200, 15_000);
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
    expect((await service.get("/jobs")).json.data.map((job: Json) => job["key"])).to.deep.equal(["keeps"]);
    const built = (await service.get("/jobs?source=builtin")).json.data;
    expect(built.map((job: Json) => [job["key"], job["loadState"]])).to.deep.equal([
      ["secret_check", "ready"],
    ]);
  });
});
