// X11: the handles of node:zlib are found in two ways, and what Node has of them must not depend on which.
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { handlesOfBinding, handlesOfModule } from "../../src/sandbox/compressing.ts";

describe("the handles of node:zlib", () => {
  it("X11: are the same, asked of the engine or of samples", () => {
    const samples = handlesOfModule();
    expect(samples.length).to.be.greaterThan(2);
    // A Node that no longer gives its own has the samples.
    const known = handlesOfBinding() ?? samples;
    expect(known).to.have.length(samples.length);
    for (const one of samples) expect(known.includes(one)).to.equal(true);
    for (const one of samples)
      for (const name of ["init", "close"] as const) expect(one[name]).to.be.a("function");
  });

  it("X11: are asked for without a word where Node warns of what it will take away", () => {
    const url = new URL("../../src/sandbox/compressing.ts", import.meta.url).href;
    const ask = `import(${JSON.stringify(url)}).then((it) => console.log((it.handlesOfBinding() ?? it.handlesOfModule()).length, process.noDeprecation))`;
    const flags = ["--import", "tsx", "--pending-deprecation", "--input-type=module", "--eval", ask];
    const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
    expect(stderr).not.to.include("DEP0111");
    expect(stdout).to.match(/^[3-9] undefined\n$/);
  });
});
