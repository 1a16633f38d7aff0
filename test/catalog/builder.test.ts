import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { Builder } from "../../src/catalog/build.ts";
import { Resolver } from "../../src/catalog/resolve.ts";
import { Snapshot } from "../../src/catalog/snapshot.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";

/** The helper process of esbuild among our own children. */
function helperPid(): number {
  for (const thread of readdirSync("/proc/self/task")) {
    for (const pid of readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean)) {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--service=")) return Number(pid);
    }
  }
  throw new Error("esbuild has no helper process");
}

describe("the builder", () => {
  it("R1: goes on when the helper process of the bundler dies, before or in the middle of builds", async function () {
    if (process.platform !== "linux") this.skip();
    const folder = await TaskFolder.make();
    for (let i = 0; i < 8; i++) await folder.write({ [`j${i}/job.ts`]: jobText(`J${i}`) });
    const builder = new Builder();
    const build = async (key: string): Promise<boolean> => {
      const snapshot = new Snapshot({ root: folder.root, deps: null });
      return (await builder.build(snapshot, new Resolver(snapshot, key, null), `${key}/job.ts`)).ok;
    };
    expect(await build("j0")).to.equal(true);
    const first = helperPid();
    process.kill(first, "SIGKILL");
    expect(await build("j0")).to.equal(true);
    const builds = Array.from({ length: 8 }, (_, i) => build(`j${i}`));
    process.kill(helperPid(), "SIGKILL");
    expect(await Promise.all(builds)).to.deep.equal(Array(8).fill(true));
    expect(helperPid()).not.to.equal(first);
    await folder.remove();
  });
});
