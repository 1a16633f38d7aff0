// The data files of a job: a folder that cannot be read is not an empty one.
import { expect } from "chai";
import { chmod } from "node:fs/promises";
import { LoadFailure } from "../../src/catalog/load-problem.ts";
import { walkFiles } from "../../src/catalog/walk-files.ts";
import { TaskFolder } from "../support/task-folder.ts";

const NOBODY = 65_534;
/** Whoever may do everything is kept by no rights: such a process does these tests as nobody. */
const isRoot = process.getuid?.() === 0;

describe("data files", () => {
  let folder: TaskFolder;
  beforeEach(async () => {
    folder = await TaskFolder.make({ "a/data/x.csv": "1", "a/job.ts": "" });
    await chmod(folder.base, 0o755);
  });
  afterEach(async () => {
    if (isRoot) process.seteuid!(0);
    await chmod(folder.path("a/data"), 0o755).catch(() => undefined);
    await folder.remove();
  });
  const walk = (): Promise<string[]> => walkFiles({ root: folder.root, deps: null }, "a", ["data/*"]);

  it("R1: of a folder that cannot be read are an error that names it, so that the last good version keeps serving", async () => {
    await chmod(folder.path("a/data"), 0);
    if (isRoot) process.seteuid!(NOBODY);
    const error = await walk().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(LoadFailure);
    const { problem } = error as LoadFailure;
    expect(problem).to.include({ code: "E112", message: "a/data cannot be read (EACCES)" });
  });

  it("of a folder that is not there are none", async () => {
    expect(await walk()).to.deep.equal(["a/data/x.csv"]);
    await folder.remove("a/data");
    expect(await walk()).to.deep.equal([]);
  });
});
