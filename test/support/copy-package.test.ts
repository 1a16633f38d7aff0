// Copying a package into a task directory.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyPackage } from "./copy-package.ts";

describe("copyPackage", () => {
  it("brings a package with its dependencies and prebuilt binaries, so that it works far from this repository", async () => {
    const folder = await mkdtemp(join(tmpdir(), "jobmount-copy-"));
    try {
      const names = await copyPackage("sharp", folder);
      expect(names).to.include.members(["sharp", "semver"]);
      expect(names.filter((name) => name.startsWith("@img/sharp-"))).to.have.lengthOf.at.least(1);
      const script = join(folder, "width.mjs");
      await writeFile(
        script,
        `import sharp from "sharp";
         const made = await sharp({ create: { width: 8, height: 4, channels: 3, background: "red" } }).png().toBuffer();
         console.log((await sharp(made).metadata()).width);`,
      );
      expect(execFileSync(process.execPath, [script], { encoding: "utf8" }).trim()).to.equal("8");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("names a package that is not installed", async () => {
    const failed = await copyPackage("no-such-package-here", tmpdir()).then(
      () => "copied",
      (error: Error) => error.message,
    );
    expect(failed).to.equal("the package no-such-package-here is not installed: npm ci, then try again");
  });
});
