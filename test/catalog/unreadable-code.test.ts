// Code that no parser or loader gets through for a reason that its message does not show.
import { expect } from "chai";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { LoadBench } from "./load-support.ts";

describe("code that cannot be read", function () {
  this.timeout(20_000);
  const bench = new LoadBench();
  let folder: TaskFolder;
  before(() => bench.describer.warm());
  afterEach(() => folder.remove());
  after(() => bench.describer.close());

  const bad = async (text: string | Buffer) => {
    folder = await TaskFolder.make({ "a/job.ts": text });
    return bench.bad(folder, "a");
  };

  it("is told when it is not UTF-8, at the first character that is not: it would load with others in its place", async () => {
    const problem = await bad(Buffer.from(jobText("Gr\u00fc\u00dfe"), "latin1"));
    expect(problem).to.include({ code: "syntax", file: "a/job.ts", hint: "save it as UTF-8" });
    expect(problem.message).to.equal("a/job.ts is not saved as UTF-8: at the mark is another encoding");
    const lines = jobText("Gr\u00fc\u00dfe").split("\n");
    const line = lines.findIndex((text) => text.includes("Gr"));
    expect(problem).to.include({ line: line + 1, column: lines[line]!.indexOf("\u00fc") + 1 });
    expect(problem.frame).to.include("Gr");
  });

  it("is told when it is UTF-16 without a mark, or no text at all", async () => {
    expect((await bad(Buffer.from(jobText("Wide"), "utf16le"))).message).to.equal(
      "a/job.ts is saved as UTF-16",
    );
    await folder.remove();
    expect((await bad(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]))).message).to.equal(
      "a/job.ts is no text",
    );
  });

  it("is told with what to do when it holds the marks of a merge conflict", async () => {
    const problem = await bad(`<<<<<<< HEAD\n${jobText("A")}\n=======\n${jobText("B")}\n>>>>>>> other\n`);
    expect(problem).to.include({ line: 1, hint: "resolve the merge conflict, and remove its marks" });
  });

  it("is told at its import when a module of Node has no such export", async () => {
    const problem = await bad(
      jobText("A", "return nothere;", 'import { readFile,\n  nothere } from "node:fs";'),
    );
    expect(problem).to.include({ code: "E130", message: 'node:fs has no export "nothere"', column: 3 });
    expect(problem.hint).to.include("remove nothere from the import");
    expect(problem.frame).to.include("nothere");
  });
});
