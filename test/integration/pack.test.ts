// npm pack: what it makes is whole, whether somebody built before or not, and can be packed again.
import { expect } from "chai";
import { mkdirSync, rmSync } from "node:fs";
import { Workspace } from "../docs/workspace.ts";

describe("npm pack", function () {
  this.timeout(300_000);
  let workspace: Workspace;
  before(async () => {
    workspace = await Workspace.make({ builds: true, files: ["CHANGELOG.md"] });
    rmSync(workspace.path("dist"), { recursive: true });
    mkdirSync(workspace.path("packed"));
  });
  after(() => workspace.remove());

  it("builds first in a clone that was not built, and what was unpacked is packed without building", async () => {
    const packed = await workspace.run("npm pack --silent --pack-destination packed 2> packed/told");
    expect(packed.code, (await workspace.run("tail -n 40 packed/told")).output).to.equal(0);
    expect(packed.output.trim(), "stdout is for scripts").to.match(/^jobmount-[\d.]+\.tgz$/);
    const list = async () => (await workspace.run("tar -tzf packed/*.tgz")).output.trim().split("\n").sort();
    const files = await list();
    expect(files).to.include.members([
      "package/bin/jobmount.mjs",
      "package/dist/src/main.js",
      "package/dist/src/sdk/index.d.ts",
      "package/dist/ui/index.html",
    ]);
    const again = await workspace.run(
      "tar -xzf packed/*.tgz -C packed && rm packed/*.tgz && cd packed/package && npm pack --silent --pack-destination ..",
    );
    expect(again.code, again.output).to.equal(0);
    expect(await list()).to.deep.equal(files);
  });
});
