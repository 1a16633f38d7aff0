// Versions of a real service on both databases: history, difference, pin, and runs that keep what they began with.
import { expect } from "chai";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { jobmount } from "../cli/jobmount.ts";
import { type Json, Service } from "../support/service.ts";

const job = (says: string, params = "") => `import { defineJob } from "jobmount";
import { word } from "./word.ts";
export class Job extends defineJob({ name: "Says", ${params} }) {
  async execute() {
    await new Promise((resolve) => setTimeout(resolve, Number(process.env.WAIT ?? 0)));
    return { says: "${says}", word };
  }
}
`;

const WRITES = `import { defineJob } from "jobmount";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
export class Job extends defineJob({ name: "Writes", files: ["*.txt"] }) {
  execute() {
    const file = this.file("data.txt");
    const read = readFileSync(file, "utf8");
    writeFileSync(file + ".new", "evil");
    renameSync(file + ".new", file);
    return { read };
  }
}
`;

onEveryDatabase("versions", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(60_000);
    service = await Service.start({ jobs: [], database: await databases.freshUrl() });
    save("says", "word.ts", 'export const word = "w";\n');
  });
  after(() => service.stop());

  const save = (key: string, file: string, text: string): void => {
    mkdirSync(join(service.tasks, key), { recursive: true });
    writeFileSync(join(service.tasks, key, file), text);
  };
  const hashOf = async (): Promise<string | undefined> =>
    (await service.get("/jobs/says")).json.version?.hash;
  const saved = async (text: string): Promise<string> => {
    const before = await hashOf();
    save("says", "job.ts", text);
    return eventually(async () => {
      const now = await hashOf();
      return now !== before ? now : undefined;
    }, 15_000);
  };
  const says = async (): Promise<string> => (await service.run("says")).result.says;

  it("R8: a pinned version serves whatever is saved, over a restart too, and unpin serves the folder's at once", async function () {
    this.timeout(60_000);
    const one = await saved(job("one"));
    expect(await says()).to.equal("one");
    const two = await saved(job("two"));
    expect(await says()).to.equal("two");
    const pinned = await service.call("POST", "/jobs/says/pin", { version: one.slice(0, 10) });
    expect(pinned.json).to.deep.include({ pinned: true });
    expect(await says()).to.equal("one");
    save("says", "job.ts", job("three"));
    const newest = await eventually(async () => {
      const [first] = (await service.get("/jobs/says/versions")).json.data;
      return first.hash !== two && first.hash !== one && first;
    }, 15_000);
    expect(newest.serves).to.equal(false);
    expect(await says()).to.equal("one");
    await service.startAgainTimed();
    expect((await service.get("/jobs/says")).json).to.deep.include({ pinned: true });
    expect(await says()).to.equal("one");
    // What the folder holds is known although it cannot be seen now.
    rmSync(service.tasks, { recursive: true });
    const released = await service.call("POST", "/jobs/says/unpin");
    expect(released.json.version.hash).to.equal(newest.hash);
    expect(await says()).to.equal("three");
    save("says", "word.ts", 'export const word = "w";\n');
    save("says", "job.ts", job("three"));
    await eventually(async () => (await service.get("/jobs/says")).json.loadState === "ready");
  });

  it("each version is listed with its source and what changed, and the old one can be read when the folder has another", async () => {
    const before = (await hashOf())!;
    const now = await saved(job("four", 'requiredParams: { region: { type: "string" } }'));
    const [newest] = (await service.get("/jobs/says/versions?limit=1")).json.data;
    expect(newest).to.deep.include({ hash: now, serves: true });
    expect(newest.paramChanges).to.deep.equal([
      { name: "region", change: "added", says: ["required, string"] },
    ]);
    const { text } = await service.call("GET", `/jobs/says/versions/${before}/diff/${now}`, undefined, {
      accept: "text/x-diff",
    });
    expect(text).to.contain("--- a/says/job.ts").and.to.contain('-    return { says: "three", word };');
    const source = (await service.get(`/jobs/says/versions/${before}/source`)).json;
    expect(source.files.map((file: Json) => file.path)).to.deep.equal(["says/job.ts", "says/word.ts"]);
    expect(source.files[0].text).to.contain('says: "three"');
  });

  it("the command line says what it cannot show, and the next step", async () => {
    save("once", "word.ts", 'export const word = "w";\n');
    save("once", "mark.bin", "\0\u0001");
    save("once", "job.ts", job("only", 'files: ["mark.bin"]'));
    await eventually(async () => (await service.get("/jobs/once")).status === 200, 15_000);
    const cases: [string[], string][] = [
      [["diff", "once"], "once has no version that was loaded before"],
      [["source", "once", "--file", "once/none.ts"], "it has once/job.ts, once/mark.bin, once/word.ts"],
      [["source", "once", "--file", "once/mark.bin"], "is no text"],
      [["pin", "once", "0000000"], 'has no version "0000000"'],
      [["list", "onse"], 'Did you mean "once"'],
    ];
    const env = { JOBMOUNT_URL: service.url, JOBMOUNT_TOKEN: service.token };
    for (const [args, told] of cases) {
      const { code, stdout, stderr } = await jobmount(["versions", ...args], { cwd: service.folder, env });
      expect(stderr).to.contain(told);
      expect(stdout).to.equal("");
      expect(code).to.equal(4);
    }
  });

  it("a run in flight ends on the version that it began with", async () => {
    save("slow_says", "word.ts", 'export const word = "w";\n');
    const slow = (text: string) => job(text).replace("Number(process.env.WAIT ?? 0)", "2_500");
    save("slow_says", "job.ts", slow("old"));
    const old = await eventually(
      async () => (await service.get("/jobs/slow_says")).json.version?.hash,
      15_000,
    );
    const { json: run } = await service.call("POST", "/jobs/slow_says/runs", {});
    await eventually(async () => (await service.get(`/runs/${run.id}`)).json.state === "running");
    save("slow_says", "job.ts", slow("new"));
    await eventually(async () => (await service.get("/jobs/slow_says")).json.version.hash !== old, 15_000);
    const ended = await eventually(async () => {
      const { json } = await service.get(`/runs/${run.id}`);
      return json.state === "succeeded" && json;
    }, 15_000);
    expect(ended).to.deep.include({ version: old });
    expect(ended.result.says).to.equal("old");
  });

  it("reload looks at the folder and answers what came of it", async () => {
    const { status, json } = await service.call("POST", "/jobs/says/reload");
    expect(status).to.equal(200);
    expect(json.loadState).to.equal("ready");
  });

  it("R2: what a job writes over its own data file no later run reads, over a restart too", async function () {
    this.timeout(60_000);
    save("writes", "data.txt", "as saved");
    save("writes", "job.ts", WRITES);
    await eventually(async () => (await service.get("/jobs/writes")).json.loadState === "ready", 15_000);
    const read = async (): Promise<string> => (await service.run("writes")).result.read;
    expect(await read()).to.equal("as saved");
    expect(await read(), "in the same child").to.equal("as saved");
    await service.startAgainTimed();
    expect(await read(), "after a restart").to.equal("as saved");
  });
});
