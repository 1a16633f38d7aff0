// R2: an attempt executes the version that is recorded on it: what was written over its copy meanwhile never runs.
import { expect } from "chai";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { AttemptRig } from "../support/attempts.ts";
import { mkfifo } from "../support/mkfifo.ts";
import { isAlive } from "../support/processes.ts";

describe("R2: a bundle that was written over after its check", function () {
  this.timeout(60_000);
  let rig: AttemptRig;
  before(async () => {
    rig = new AttemptRig();
    await rig.pool.start();
  });
  after(() => rig.stop());

  const ran = (name: string) => join(rig.folder, name);
  /** Leaves a trace when its top level runs, and another when its execute does. */
  const hostile = (name: string) => `import { writeFileSync } from "node:fs";
    writeFileSync(${JSON.stringify(ran(name))}, "top");
    const { defineJob } = globalThis[Symbol.for("jobmount.sdk")];
    export class Job extends defineJob({ name: "t" }) { execute() { writeFileSync(${JSON.stringify(ran(name))}, "all"); } }`;

  for (const isolation of ["reuse", "fresh"] as const) {
    it(`never runs, before a child of the kind ${isolation} has read it`, async () => {
      const path = rig.bundle(`execute() { return { is: "as checked" }; }`);
      writeFileSync(path, hostile(isolation));
      const { outcome } = await rig.run(path, { isolation });
      expect(outcome).to.include({ kind: "load", changed: true });
      expect(outcome).to.have.property("cause").that.includes("was written over after it had been checked");
      expect(existsSync(ran(isolation))).to.equal(false);
    });
  }

  it("never runs either when another file was put in its place", async () => {
    const path = rig.bundle(`execute() { return { is: "as checked" }; }`);
    writeFileSync(`${path}.new`, hostile("renamed"));
    renameSync(`${path}.new`, path);
    const { outcome } = await rig.run(path);
    expect(outcome).to.include({ kind: "load", changed: true });
    expect(existsSync(ran("renamed"))).to.equal(false);
  });

  it("runs as it was read, or not at all, when that happens while it is read", async () => {
    const late = join(rig.folder, "late.mjs");
    await mkfifo(late);
    const trace = ran("read");
    const path = rig.bundle(
      `execute() { write(${JSON.stringify(trace)}, "all"); }`,
      `import { writeFileSync as write } from "node:fs"; import ${JSON.stringify(late)};`,
    );
    const attempt = rig.run(path);
    // Opens as soon as the child reads it: by then the bundle itself, which names it, has been read.
    const pipe = await open(late, "w");
    writeFileSync(path, hostile("meanwhile"));
    await pipe.writeFile("export {};");
    await pipe.close();
    expect((await attempt).outcome).to.include({ kind: "load", changed: true });
    expect(existsSync(trace)).to.equal(false);
    expect(existsSync(ran("meanwhile"))).to.equal(false);
  });

  it("runs where nobody has touched it, with its errors at their lines and nothing of ours in them", async () => {
    const path = rig.bundle(`execute() { throw new Error("as written"); }`);
    const { outcome } = await rig.run(path, { isolation: "fresh" });
    expect(outcome).to.have.property("kind", "error");
    const { error } = outcome as Extract<typeof outcome, { kind: "error" }>;
    expect(error).to.include({ message: "as written", line: 4 });
    expect(error.stack!.split("\n")).to.have.length(2);
  });

  it("X7: an attempt in a fresh process says when nothing of it was left", async () => {
    const path = rig.bundle(`execute() { return { pid: process.pid }; }`);
    const { outcome, groupEmptyAt } = await rig.run(path, { isolation: "fresh" });
    expect(groupEmptyAt).to.be.a("number");
    const { pid } = (outcome as Extract<typeof outcome, { kind: "result" }>).details as { pid: number };
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
  });

  it("X7: and so does one whose daemon has to be ended first", async () => {
    const daemon = `import { spawn } from "node:child_process";`;
    const path = rig.bundle(
      `execute() { return { pid: spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).pid }; }`,
      daemon,
    );
    const { outcome, groupEmptyAt } = await rig.run(path, { isolation: "fresh" });
    expect(groupEmptyAt).to.be.a("number");
    const { pid } = (outcome as Extract<typeof outcome, { kind: "result" }>).details as { pid: number };
    expect(isAlive(pid)).to.equal(false);
  });
});
