// What a job imports: exactly this, at hardly any cost, and found by bundles that hold no SDK.
import { expect } from "chai";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as sdk from "../../src/sdk/index.ts";

const run = promisify(execFile);
const index = new URL("../../src/sdk/index.ts", import.meta.url).href;

describe("the module jobmount", () => {
  it("exports defineJob, PermanentError and RetryLater, and nothing else", () => {
    expect(Object.keys(sdk).sort()).to.deep.equal(["PermanentError", "RetryLater", "defineJob"]);
  });

  it("publishes itself for bundles: not enumerable, not to be changed, not overwritten by a second copy", async () => {
    const key = Symbol.for("jobmount.sdk");
    const published = Reflect.get(globalThis, key) as typeof sdk;
    expect(published.defineJob).to.equal(sdk.defineJob);
    expect(published.PermanentError).to.equal(sdk.PermanentError);
    expect(published.RetryLater).to.equal(sdk.RetryLater);
    expect(Object.isFrozen(published)).to.equal(true);
    expect(Object.getOwnPropertyDescriptor(globalThis, key)).to.include({
      enumerable: false,
      writable: false,
      configurable: false,
    });
    await import(`${index}?second`);
    expect(Reflect.get(globalThis, key)).to.equal(published);
  });

  it("loads no package and no module of node until a job needs one", async () => {
    const script = `
      const before = new Set(process.moduleLoadList);
      await import(${JSON.stringify(index)});
      const loaded = process.moduleLoadList.filter((name) => !before.has(name));
      console.log(JSON.stringify(loaded.filter((name) => /NativeModule (vm|crypto|child_process|http|net)$/.test(name))));
    `;
    const { stdout } = await run(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    expect(JSON.parse(stdout)).to.deep.equal([]);
  });
});
