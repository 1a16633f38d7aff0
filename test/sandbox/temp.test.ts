// What jobs leave on the disk: read-only folders, whole or in part not to be removed, fail no attempt and no start.
import { expect } from "chai";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AttemptRig } from "../support/attempts.ts";
import { canRunAsRoot } from "../support/left-out.ts";

const NOBODY = 65_534;

/** Whoever may do everything is kept by no rights: such a process does these tests as nobody. */
const isRoot = process.getuid?.() === 0;

function readOnlyIn(folder: string): void {
  mkdirSync(join(folder, "ro", "deep"), { recursive: true });
  writeFileSync(join(folder, "ro", "deep", "x"), "x");
  for (const path of ["ro/deep", "ro"]) chmodSync(join(folder, path), 0o555);
}

describe("files that jobs leave behind", function () {
  this.timeout(60_000);
  let rig: AttemptRig;
  beforeEach(() => {
    rig = new AttemptRig();
    mkdirSync(join(rig.folder, "temp"), { recursive: true });
    if (!isRoot) return;
    chmodSync(rig.folder, 0o755);
    chownSync(rig.folder, NOBODY, NOBODY);
    for (const name of readdirSync(rig.folder, { recursive: true }))
      chownSync(join(rig.folder, String(name)), NOBODY, NOBODY);
    process.seteuid!(NOBODY);
  });
  afterEach(() => {
    if (isRoot) process.seteuid!(0);
    rmSync(rig.folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const LEAVES = `async execute() {
    const { mkdirSync, writeFileSync, chmodSync } = await import("node:fs");
    const ro = this.tempDir + "/ro";
    mkdirSync(ro); writeFileSync(ro + "/x", "x"); chmodSync(ro, 0o555);
    return { ro };
  }`;

  it("X4: a read-only folder in the temp folder leaves a success a success, and goes with its child", async () => {
    await rig.pool.start();
    const path = rig.bundle(LEAVES);
    for (let i = 0; i < 2; i++) {
      const { outcome } = await rig.run(path);
      expect(outcome.kind).to.equal("result");
    }
    await rig.pool.stop();
    expect(readdirSync(join(rig.folder, "temp"))).to.deep.equal([]);
    expect(rig.troubles).to.deep.equal([]);
  });

  it("X10: the folder of all children, removed by a job or filled with names of its own, keeps no other from beginning", async () => {
    await rig.pool.start();
    const path = rig.bundle("execute() { return { at: process.cwd() }; }");
    const [instance] = readdirSync(join(rig.folder, "temp"));
    const folder = join(rig.folder, "temp", instance!);
    rmSync(folder, { recursive: true });
    for (let i = 0; i < 3; i++)
      expect((await rig.run(path, { isolation: "fresh" })).outcome.kind).to.equal("result");
    for (let n = 1; n <= 50; n++) mkdirSync(join(folder, String(n)), { recursive: true });
    for (let i = 0; i < 3; i++)
      expect((await rig.run(path, { isolation: "fresh" })).outcome.kind).to.equal("result");
    await rig.pool.stop();
    expect(readdirSync(join(rig.folder, "temp"))).to.deep.equal([]);
  });

  it("A4: what an earlier service left read-only keeps no service from starting", async () => {
    const stale = join(rig.folder, "temp", "0123456789ab");
    readOnlyIn(join(stale, "1"));
    await rig.pool.start();
    expect(existsSync(stale)).to.equal(false);
    await rig.pool.stop();
    expect(rig.troubles).to.deep.equal([]);
  });

  it("what cannot be removed at all is told, and keeps no service from starting", async function () {
    if (!canRunAsRoot("what a job's user may not remove")) return this.skip();
    const foreign = join(rig.folder, "temp", "0123456789ab", "1");
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, "x"), "x");
    process.seteuid!(0);
    chownSync(foreign, 0, 0);
    process.seteuid!(NOBODY);
    await rig.pool.start();
    await rig.pool.stop();
    expect(rig.troubles.join()).to.match(/a temp folder of jobs could not be removed: EACCES.*0123456789ab/);
  });
});
