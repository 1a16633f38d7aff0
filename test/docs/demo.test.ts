// `npm run demo`: it proves what it prints, ends by itself, leaves nothing, and is what README.md shows.
import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Line, type Row, tally } from "../../bench/demo-tally.ts";
import { ROOT } from "../support/service.ts";
import { blocksOf, commandsOf, numbersVary } from "./blocks.ts";

const DEMO = "npm run --silent build && node --import tsx bench/demo.ts";

describe("npm run demo", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "jobmount-demo-"))));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("S1 X1: counts every fire once over two kills, as README.md shows, and leaves nothing behind", async function () {
    this.timeout(90_000);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    // Its build is the one that these tests run on.
    expect(scripts["demo"]).to.equal(DEMO);
    const { code, stdout, stderr } = await runDemo(folder);
    expect(code, stdout + stderr).to.equal(0);
    const last = /^fires owed (\d+) = rows (\d+), 0 lost, 0 doubled$/.exec(stdout.trim().split("\n").at(-1)!);
    expect(last, stdout).not.to.equal(null);
    expect(Number(last![1])).to.be.at.least(8).and.equal(Number(last![2]));

    const page = blocksOf(readFileSync(join(ROOT, "README.md"), "utf8"));
    const [shown] = page.flatMap((block) => (block.info === "console" ? commandsOf(block) : []));
    expect(shown!.text).to.equal("npm run demo");
    expect(stdout.trim()).to.match(numbersVary(shown!.output));

    expect(readdirSync(folder).filter((name) => name.startsWith("jobmount"))).to.deep.equal([]);
    expect(processesIn(folder)).to.deep.equal([]);
  });

  const life = { createdAt: 10_500, firedThrough: 13_200 };
  const row = (fire: number, more: Partial<Row> = {}): Row => {
    return { id: `run_${fire}`, state: "succeeded", fire_at: fire, fire_through: null, attempt: 1, ...more };
  };
  const lines = (run: string, attempt = 1): Line[] => [
    { what: "start", run, attempt },
    { what: "end", run, attempt },
  ];
  const rows = [row(11_000), row(12_000), row(13_000)];
  const all = rows.flatMap(({ id }) => lines(id));

  it("its sum is right when all is well", () => {
    const sums = { owed: 3, rows: 3, succeeded: 3, again: 0, lost: 0, doubled: 0 };
    expect(tally(life, rows, all)).to.deep.equal(sums);
  });

  for (const [title, lost, doubled, seenRows, seenLines] of [
    ["a fire without a row is lost", 1, 0, rows.slice(1), all],
    ["a run whose job never came to its end is lost", 1, 0, rows, all.slice(0, -1)],
    ["a run that failed is lost", 1, 0, [...rows.slice(1), row(11_000, { state: "failed" })], all],
    ["two rows at one instant are one fire doubled", 0, 1, [...rows, row(11_000)], all],
    ["an attempt that started twice is doubled", 0, 1, rows, [...all, all[0]!]],
    ["a job that came to its end twice is doubled", 0, 1, rows, [...all, ...lines("run_11000", 2)]],
  ] as const) {
    it(`its sum is honest: ${title}`, () => {
      expect(tally(life, seenRows, seenLines)).to.include({ lost, doubled });
    });
  }
});

function runDemo(temp: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done, fail) => {
    const [, command] = DEMO.split(" && ");
    const child = spawn("bash", ["-c", `exec ${command}`], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: temp },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", fail);
    child.once("close", (code) => done({ code, stdout, stderr }));
  });
}

/** Processes whose working folder lies below this one: the service and its children work in the demo's own. */
function processesIn(folder: string): string[] {
  const inside = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  };
  return process.platform === "linux"
    ? readdirSync("/proc").filter((name) => /^\d+$/.test(name) && inside(name))
    : [];
}
