// X4: what jobs leave on the disk goes, however deep or wide it is and whatever rights it has, and nothing else does.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { removeTree } from "../../src/sandbox/remove-tree.ts";
import { AttemptRig } from "../support/attempts.ts";
import { eventually } from "../support/eventually.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** No path reaches its ground: made from inside, by another process, since the working folder of this one is everybody's. */
function makeDeep(folder: string, depth: number): void {
  const code = `for (let i = 0; i < ${depth}; i++) { fs.mkdirSync("d"); process.chdir("d"); } fs.writeFileSync("f", "")`;
  execFileSync(process.execPath, ["-e", code], { cwd: folder });
}

describe("removing a tree", function () {
  this.timeout(120_000);
  let base: string;
  let tree: string;
  let rig: AttemptRig | undefined;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "jobmount-remove-"));
    tree = join(base, "tree");
    mkdirSync(tree);
  });
  afterEach(async () => {
    if (isRoot) process.seteuid!(0);
    await rig?.stop();
    rig = undefined;
    await removeTree(base);
  });

  const expectGone = async (): Promise<void> => {
    expect(await removeTree(tree)).to.equal(null);
    expect(readdirSync(base)).not.to.include("tree");
  };

  for (const depth of [3_000, 20_000]) {
    it(`one of ${depth} folders in each other goes, and others are served meanwhile`, async () => {
      makeDeep(tree, depth);
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      await expectGone();
      delay.disable();
      // The median: the machine may stand still now and then, the removal must not hold the thread all the time.
      expect(delay.percentile(50) / 1e6).to.be.below(100);
    });
  }

  it("one with 20,000 files and 2,000 folders beside each other goes", async () => {
    for (let i = 0; i < 20_000; i++) writeFileSync(join(tree, `f${i}`), "");
    for (let i = 0; i < 2_000; i++) mkdirSync(join(tree, `d${i}`, "in"), { recursive: true });
    await expectGone();
  });

  it("two deep ones in a folder with a wide one go, whoever else removes them at the same time", async () => {
    for (const name of ["a", "b"]) {
      mkdirSync(join(tree, name));
      makeDeep(join(tree, name), 2_000);
    }
    for (let i = 0; i < 2_000; i++) mkdirSync(join(tree, "wide", `d${i}`), { recursive: true });
    const whys = await Promise.all([tree, join(tree, "a"), tree].map((path) => removeTree(path)));
    expect(whys).to.deep.equal([null, null, null]);
    expect(readdirSync(base)).to.deep.equal([]);
  });

  it("links go, and what they lead to stays as it was", async () => {
    const other = join(base, "other");
    mkdirSync(join(other, "in"), { recursive: true });
    writeFileSync(join(other, "in", "kept"), "kept");
    chmodSync(other, 0o555);
    mkdirSync(join(tree, "d", "d"), { recursive: true });
    for (const place of ["", "d", "d/d"]) {
      symlinkSync(other, join(tree, place, "folder"));
      symlinkSync(join(other, "in", "kept"), join(tree, place, "file"));
      symlinkSync("/nowhere", join(tree, place, "nothing"));
    }
    await expectGone();
    expect(statSync(other).mode & 0o777).to.equal(0o555);
    expect(existsSync(join(other, "in", "kept"))).to.equal(true);
    // What is to be removed may be a link itself, and a file.
    symlinkSync(other, tree);
    await expectGone();
    expect(existsSync(join(other, "in", "kept"))).to.equal(true);
    writeFileSync(tree, "");
    await expectGone();
    expect(await removeTree(tree)).to.equal(null);
  });

  it("a folder that becomes a link while it is removed costs nothing of what the link leads to", async () => {
    const other = join(base, "other");
    mkdirSync(join(other, "d"), { recursive: true });
    writeFileSync(join(other, "d", "kept"), "kept");
    for (let round = 0; round < 20; round++) {
      mkdirSync(tree, { recursive: true });
      for (let i = 0; i < 50; i++) {
        mkdirSync(join(tree, `x${i}`, "d"), { recursive: true });
        writeFileSync(join(tree, `x${i}`, "d", "kept"), "");
      }
      let removed = false;
      const removal = removeTree(tree).finally(() => (removed = true));
      for (let i = 0; !removed; i = (i + 7) % 50) {
        try {
          renameSync(join(tree, `x${i}`), join(tree, `y${i}`));
          symlinkSync(other, join(tree, `x${i}`));
        } catch {
          // It was removed before.
        }
        await new Promise(setImmediate);
      }
      await removal;
      expect(existsSync(join(other, "d", "kept"))).to.equal(true);
      expect(await removeTree(tree)).to.equal(null);
    }
  });

  it("folders without any right go, as their owner who is not root, too", async () => {
    const names = ["a", "a/b", "a/b/c", "e"];
    for (const name of names) {
      mkdirSync(join(tree, name));
      writeFileSync(join(tree, name, "f"), "");
    }
    if (isRoot) {
      chmodSync(base, 0o777);
      for (const name of [".", ...names]) chownSync(join(tree, name), NOBODY, NOBODY);
    }
    for (const name of [...names].reverse()) chmodSync(join(tree, name), 0);
    chmodSync(tree, 0);
    if (isRoot) process.seteuid!(NOBODY);
    await expectGone();
  });

  it("names that are no text go", async () => {
    const odd = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe])]);
    mkdirSync(odd);
    writeFileSync(Buffer.concat([odd, Buffer.from([0x2f, 0x80])]), "");
    await expectGone();
  });

  it("leaves no descriptor open, and tells what it could not remove by the folder that was to go", async function () {
    const open = (): number => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);
    const before = open();
    makeDeep(tree, 200);
    await expectGone();
    expect(open()).to.equal(before);
    if (!isRoot) return;
    mkdirSync(join(tree, "foreign"), { recursive: true });
    writeFileSync(join(tree, "foreign", "x"), "");
    chmodSync(base, 0o777);
    chownSync(tree, NOBODY, NOBODY);
    process.seteuid!(NOBODY);
    expect(await removeTree(tree)).to.match(/^EACCES: .*remove-.*\/tree/);
    process.seteuid!(0);
    expect(open()).to.equal(before);
  });

  const DEEP = `async execute() {
    const { mkdirSync } = await import("node:fs");
    for (let i = 0; i < 3000; i++) { mkdirSync("d"); process.chdir("d"); }
    return {};
  }`;

  it("X4: a job's 3,000 folders in each other go after the attempt, at the stop and at the next start", async () => {
    for (const isolation of ["reuse", "fresh"] as const) {
      rig = new AttemptRig({ guard: { leaseMs: 30_000 } });
      const temp = join(rig.folder, "temp");
      const stale = join(temp, "0123456789ab");
      mkdirSync(stale, { recursive: true });
      makeDeep(stale, 3_000);
      await rig.pool.start();
      expect(readdirSync(temp)).to.have.length(1);
      const { outcome } = await rig.run(rig.bundle(DEEP), { isolation });
      expect(outcome.kind).to.equal("result");
      const own = join(temp, readdirSync(temp)[0]!);
      // Of the child that ran it, which was the first: without a stop.
      await eventually(() => !existsSync(join(own, "1")), 60_000);
      await rig.pool.stop();
      expect(readdirSync(temp)).to.deep.equal([]);
      expect(rig.troubles).to.deep.equal([]);
      rmSync(rig.folder, { recursive: true });
    }
  });
});
