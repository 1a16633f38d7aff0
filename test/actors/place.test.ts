// Whether a process that was seen here is gone: only said when it is sure.
import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isGone, ownPlace } from "../../src/actors/place.ts";

describe("the place of a process", () => {
  const own = { name: "boot:1", pid: process.pid };

  it("is the boot and the space of process ids, on Linux", function () {
    if (process.platform !== "linux") this.skip();
    expect(ownPlace().name).to.match(/^[0-9a-f-]{36}:\d+$/);
    expect(ownPlace().pid).to.equal(process.pid);
  });

  it("S10: a process that was killed here is gone, one that runs is not", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const other = { name: own.name, pid: child.pid! };
    expect(isGone(other, own)).to.equal(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isGone(other, own)).to.equal(true);
  });

  it("the same id again is a service that was started again; of another place nothing is known", () => {
    expect(isGone({ name: "boot:1", pid: own.pid }, own)).to.equal(true);
    expect(isGone({ name: "boot:2", pid: 999_999_999 }, own)).to.equal(false);
    expect(isGone({ name: null, pid: 999_999_999 }, { name: null, pid: 1 })).to.equal(false);
  });
});
