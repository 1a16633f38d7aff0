// What a verb tells arrives as a whole, also behind a pipe whose reader is slow.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, nodeArguments, tempFolder } from "./jobmount.ts";

describe("a verb behind a pipe", () => {
  const cwd = tempFolder();

  /** As a shell does it. */
  const through = (reader: string, ...args: string[]) =>
    execFileSync("sh", ["-c", `"$0" "$@" | ${reader}`, process.execPath, ...nodeArguments, ...args], {
      cwd,
      env: environment(),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });

  before(() => {
    for (let i = 0; i < 300; i++) {
      const folder = join(cwd, "external_tasks", `job_${i}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "job.ts"), "export class Job extends {\n");
    }
  });

  it("is told to its end, and ends when nobody reads", function () {
    this.timeout(60_000);
    // By then everything that fits into the pipe is in it.
    const text = through("(sleep 5; cat)", "validate", "--json");
    expect(text.length, "more than a pipe takes at once").to.be.above(100_000);
    expect(JSON.stringify(JSON.parse(text))).to.include("job_299");
    expect(through("head -c 10", "validate", "--json")).to.have.length(10);
  });
});
