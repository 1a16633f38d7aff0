// A service that has no descriptor left: what it wants to start fails and is told, and it lives on.
import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PROGRAM = `
  import { openSync, closeSync } from "node:fs";
  import { systemClock } from "./src/clock.ts";
  import { Pool } from "./src/sandbox/pool.ts";
  const troubles = [];
  const pool = new Pool({
    clock: systemClock, tempRoot: process.argv.at(-1), env: { PATH: process.env.PATH }, warmLimit: 1,
    guard: { leaseMs: 30000 }, onTrouble: (sentence) => troubles.push(sentence),
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const taken = [];
  try { for (;;) taken.push(openSync("/dev/null", "r")); } catch {}
  // Enough to read a folder, too few for the pipes of a child.
  for (const fd of taken.splice(0, 2)) closeSync(fd);
  await pool.start();
  let thrown = "";
  try { pool.takeSpare(); } catch (error) { thrown = error.message; }
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const fd of taken) closeSync(fd);
  const spare = pool.takeSpare();
  await spare.ready;
  const lives = spare.exit === undefined;
  await pool.stop();
  console.log(JSON.stringify({ troubles, thrown, lives }));
`;

describe("without a descriptor left", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), "jobmount-nofile-"));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("X10: no child starts, the service hears why and goes on when there are some again", async () => {
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", PROGRAM, folder];
    const { stdout } = await promisify(execFile)("sh", ["-c", 'ulimit -n 80; exec "$@"', "sh", ...node]);
    const { troubles, thrown, lives } = JSON.parse(stdout) as {
      troubles: string[];
      thrown: string;
      lives: boolean;
    };
    expect(thrown).to.contain("no descriptors are left");
    expect(troubles[0]).to.contain("no descriptors are left");
    expect(lives).to.equal(true);
  });
});
