// Questions on a real terminal: what is asked for hidden is not shown, whatever was asked before it (L3).
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { tempFolder } from "./jobmount.ts";
import { startOnTerminal } from "./pty.ts";

describe("questions on a terminal", function () {
  this.timeout(60_000);
  const cwd = tempFolder();
  mkdirSync(join(cwd, "tasks/two"), { recursive: true });
  writeFileSync(
    join(cwd, "tasks/two/job.ts"),
    `import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Two",
  requiredParams: { who: { type: "string" }, key: { type: "password" } },
}) { execute() { return { who: this.params.who, keyLength: this.params.key.length }; } }
`,
  );

  it("L3: a secret is not shown, also not after a question whose answer was", async () => {
    const run = startOnTerminal(["run", "two", "--dir", "tasks", "-p", "who", "-p", "key"], { cwd });
    await eventually(() => /who: $/.test(run.output), 30_000);
    run.type("Ada\r");
    await eventually(() => /key: $/.test(run.output), 30_000);
    run.type("hunter2hunter2\r");
    expect(await run.ended, run.output).to.equal(0);
    expect(run.output).to.contain('"keyLength": 14').and.to.contain('"who": "Ada"');
    expect(run.output).not.to.contain("hunter2");
  });

  it("Ctrl-C at a question ends the verb with 130", async () => {
    const run = startOnTerminal(["run", "two", "--dir", "tasks", "-p", "who"], { cwd });
    await eventually(() => /who: $/.test(run.output), 30_000);
    run.type("\u0003");
    expect(await run.ended).to.equal(130);
  });
});
