// X11: what an attempt left in its temp folder is found, however soon it came after the last look.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FilesLeft } from "../../src/sandbox/files-left.ts";

describe("files left in the temp folder of a child", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "jobmount-left-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("X11: a file that comes at once after a look, or with the time of the folder put back, is found", async () => {
    const files = new FilesLeft(folder);
    for (let i = 0; i < 200; i++) {
      expect(files.left()).to.deep.equal([]);
      writeFileSync(join(folder, "left"), "");
      utimesSync(folder, 0, 0);
      expect(files.left()).to.deep.equal(["left"]);
      rmSync(join(folder, "left"));
      // Now and then long enough for the look to be kept.
      if (i % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 70));
    }
  });

  it("X11: a folder that is gone is told as one that must go, and is empty again once it was made anew", () => {
    const files = new FilesLeft(folder);
    expect(files.left()).to.deep.equal([]);
    rmSync(folder, { recursive: true });
    expect(files.left()).to.deep.equal(["."]);
    mkdirSync(folder);
    expect(files.left()).to.deep.equal([]);
  });
});
