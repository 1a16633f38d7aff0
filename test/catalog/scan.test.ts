import { expect } from "chai";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { lookAtRoot, scanSource, type Scan } from "../../src/catalog/scan.ts";
import { mkfifo } from "../support/mkfifo.ts";
import { asNobody } from "../support/as-nobody.ts";
import { TaskFolder } from "../support/task-folder.ts";

describe("scanning a source", () => {
  let folder: TaskFolder;
  const scan = (): Promise<Scan> => scanSource(folder.root);
  const findings = async (): Promise<string[]> =>
    (await scan()).findings.map(({ path, problem }) => `${problem.code} ${path}: ${problem.hint}`);
  beforeEach(async () => {
    folder = await TaskFolder.make();
  });
  afterEach(() => folder.remove());

  it("R5: every folder with a job.ts is a job, also a nested one; _, . and node_modules never are", async () => {
    await folder.write({
      "heartbeat/job.ts": "",
      "billing/sync-orders/job.ts": "",
      "billing/job.ts": "",
      "billing/sync-orders/lib/helper.ts": "",
      "_lib/job.ts": "",
      ".hidden/job.ts": "",
      "node_modules/x/job.ts": "",
      "heartbeat/node_modules/y/job.ts": "",
      "a_b-3/job.ts": "",
    });
    const found = await scan();
    expect([...found.tasks].sort()).to.deep.equal(["a_b-3", "billing", "billing/sync-orders", "heartbeat"]);
    expect(found.findings).to.deep.equal([]);
    expect([...found.folders.keys()]).to.include("_lib");
  });

  it("R5: a folder whose name cannot be a key is listed with the reason and a better name", async () => {
    await folder.write({
      "My Job/job.ts": "",
      "Größe/Sub/job.ts": "",
      "-x/job.ts": "",
      [`a/${"x".repeat(254)}/job.ts`]: "",
    });
    expect(await findings()).to.deep.equal([
      "E101 -x: rename the folder to x",
      "E101 Größe/Sub: rename the folder to gro-e/sub",
      "E101 My Job: rename the folder to my-job",
      `E101 a/${"x".repeat(254)}: give it a shorter path`,
    ]);
    expect((await scan()).findings[2]?.problem.message).to.equal(
      'My Job is no job: the folder name "My Job" has to be made of a to z, 0 to 9, _ and -, and start with a letter or a digit',
    );
  });

  it("R5: near misses are listed with what to do", async () => {
    await folder.write({
      "my_task.ts": "",
      "MyOtherTask.ts": "",
      "job.ts": "",
      "eslint.config.js": "",
      "types.d.ts": "",
      "upper/Job.ts": "",
      "plain/job.js": "",
      "indexed/index.ts": "",
      "code/one.ts": "",
      "more/one.ts": "",
      "more/two.ts": "",
      "group/index.ts": "",
      "group/real/job.ts": "",
      "docs/readme.md": "",
      "tests/a.test.ts": "",
    });
    expect(await findings()).to.deep.equal([
      "E102 MyOtherTask.ts: move it to my-other-task/job.ts",
      "E105 code: rename one.ts to job.ts, or rename the folder to _code when jobs only import from it",
      "E103 indexed/index.ts: rename it to indexed/job.ts",
      "E104 job.ts: move it into a folder of its own, such as my-job/job.ts; the folder's name is the job's key",
      "E105 more: call the file with the class Job job.ts, or rename the folder to _more when jobs only import from it",
      "E102 my_task.ts: move it to my_task/job.ts",
      "E103 plain/job.js: rename it to plain/job.ts; JavaScript is valid in it",
      "E103 upper/Job.ts: rename it to upper/job.ts",
    ]);
  });

  it("R5: links that lead outside or round in a circle are refused and named; links inside are followed", async () => {
    await mkdir(`${folder.base}/elsewhere`);
    await writeFile(`${folder.base}/elsewhere/job.ts`, "");
    await folder.write({ "real/job.ts": "", "loop/sub/job.ts": "" });
    await symlink("../../elsewhere", folder.path("loop/outside"));
    await symlink("real", folder.path("alias"));
    await symlink("..", folder.path("loop/up"));
    await symlink("../loop", folder.path("loop/self"));
    await symlink("nowhere", folder.path("broken"));
    await folder.write({ "gone/keep.txt": "" });
    await symlink("nowhere", folder.path("gone/job.ts"));
    await symlink("round_b", folder.path("round_a"));
    await symlink("round_a", folder.path("round_b"));
    await folder.write({ "itself/keep.txt": "" });
    await symlink("job.ts", folder.path("itself/job.ts"));
    const found = await scan();
    expect([...found.tasks].sort()).to.deep.equal(["alias", "loop/sub", "real"]);
    expect(found.findings.map(({ path, problem }) => `${problem.code} ${path}`)).to.deep.equal([
      "E106 gone/job.ts",
      "E110 itself/job.ts",
      "E109 loop/outside",
      "E110 loop/self",
      "E110 loop/up",
      "E110 round_a",
      "E110 round_b",
    ]);
  });

  it("two loops that cross end", async () => {
    await folder.write({ "a/job.ts": "", "b/job.ts": "" });
    for (const [at, to] of [
      ["a/x", "../b"],
      ["a/y", "../b"],
      ["b/x", "../a"],
      ["b/y", "../a"],
    ] as const) {
      await symlink(to, folder.path(at));
    }
    const found = await scan();
    expect(found.folders.size).to.be.lessThan(20);
    expect([...found.tasks]).to.include.members(["a", "b"]);
  });

  it("a Kubernetes volume lists each job once, under its visible name", async () => {
    await folder.write({ "..2026_11/billing/job.ts": "", "..2026_11/billing/h.ts": "" });
    await symlink("..2026_11", folder.path("..data"));
    await symlink("..data/billing", folder.path("billing"));
    const found = await scan();
    expect([...found.tasks]).to.deep.equal(["billing"]);
    expect(found.findings).to.deep.equal([]);
  });

  it("a job.ts that is a folder or a FIFO is a job, so that its load says what is wrong", async () => {
    await mkdir(folder.path("dir/job.ts"), { recursive: true });
    await mkdir(folder.path("pipe"));
    await mkfifo(folder.path("pipe/job.ts"));
    expect([...(await scan()).tasks]).to.deep.equal(["dir", "pipe"]);
  });

  it("R4: a new volume, with nothing but its lost+found, is empty", async () => {
    await mkdir(folder.path("lost+found"));
    expect((await scan()).empty).to.equal(true);
  });

  it("R4: tells an empty root from a folder without jobs, and a root that is gone from one that cannot be read", async () => {
    expect((await scan()).empty).to.equal(true);
    await folder.write({ "readme.md": "" });
    expect((await scan()).empty).to.equal(false);
    expect(await lookAtRoot(`${folder.base}/none`)).to.include({ there: false, exists: false });
    expect(await lookAtRoot(folder.path("readme.md"))).to.include({ there: false, exists: true });
    const look = await lookAtRoot(folder.root);
    await folder.remove("");
    await mkdir(folder.root);
    const again = await lookAtRoot(folder.root);
    expect(look.there && again.there && look.identity !== again.identity, "made anew").to.equal(true);
  });

  it("what lies below a folder that cannot be read is unknown, not missing", async () => {
    await folder.write({ "closed/a/job.ts": "" });
    await chmod(folder.path("closed"), 0o000);
    await chmod(folder.base, 0o755);
    const found = await asNobody(scan);
    await chmod(folder.path("closed"), 0o755);
    expect(found.unknown).to.deep.equal(["closed"]);
  });
});
