// `npm run bench:schedules`: 100,000 schedules at rest, and 10,000 that are due in one second, on both databases.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { mariadbAvailable, startMariadb } from "../../test/support/mariadb.ts";
import { median, printTable, type Row } from "../table.ts";
import { type BurstFigures, measureBurst } from "./burst.ts";
import { measureRest } from "./rest.ts";

const [times = "3", many = "100000", together = "10000"] = process.argv.slice(2);

function most(what: string, value: number, at: number, unit: string, digits = 0): Row {
  const [figure, goal] = [`${value.toFixed(digits)} ${unit}`, `at most ${at} ${unit}`];
  return { what, figure, goal, reached: value <= at };
}

async function restRows(freshUrl: () => Promise<string>): Promise<Row[]> {
  const empty = await measureRest(await freshUrl(), 0);
  const full = await measureRest(await freshUrl(), Number(many));
  return [
    most("ready after the start", full.readyMs, 2_000, "ms"),
    most("memory beyond that with an empty database", full.memoryMB - empty.memoryMB, 60, "MB"),
    most("one core at rest", full.corePercent, 2, "%", 2),
    { ...most("one core at rest, empty database", empty.corePercent, 2, "%", 2), goal: "", reached: null },
  ];
}

async function burstRows(freshUrl: () => Promise<string>): Promise<Row[]> {
  const all: BurstFigures[] = [];
  for (let i = 0; i < Number(times); i++) all.push(await measureBurst(await freshUrl(), Number(together)));
  const of = (pick: (figures: BurstFigures) => number) => median(all.map(pick));
  const worst = (pick: (figures: BurstFigures) => number) => Math.max(...all.map(pick));
  const beside = (text: string, row: Row): Row => ({ ...row, peer: text });
  const rows = Math.min(...all.map((f) => f.rows));
  return [
    beside(
      `worst of ${times}: ${worst((f) => f.p99Ms).toFixed(0)} ms`,
      most(
        "rows committed, p99 after the instant",
        of((f) => f.p99Ms),
        500,
        "ms",
      ),
    ),
    beside(`worst of ${times}: ${worst((f) => f.lastMs).toFixed(0)} ms`, {
      ...most(
        "the last row",
        of((f) => f.lastMs),
        0,
        "ms",
      ),
      goal: "",
      reached: null,
    }),
    {
      what: "fires without a row that runs",
      figure: String(Number(together) - rows),
      goal: "0",
      reached: rows === Number(together),
    },
    most(
      "event loop blocked, worst",
      worst((f) => f.blockedMs),
      100,
      "ms",
    ),
    {
      ...most(
        "a core used by the service for it",
        of((f) => f.cpuMs),
        0,
        "ms",
      ),
      goal: "",
      reached: null,
    },
    most(
      "first run begun",
      of((f) => f.firstStartMs),
      1_000,
      "ms",
    ),
  ];
}

async function measureOn(name: string, freshUrl: () => Promise<string>): Promise<void> {
  const pairs = "500 expressions and zones";
  printTable(
    `${name}, ${together} schedules due in one second, ${pairs}, median of ${times}`,
    await burstRows(freshUrl),
  );
  printTable(`${name}, ${many} schedules at rest, ${pairs}`, await restRows(freshUrl));
}

const model = cpus()[0]?.model ?? "unknown";
console.log(
  `Node ${process.version}, ${cpus().length} cores (${model}), ${new Date().toISOString().slice(0, 10)}`,
);
const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
let n = 0;
await measureOn("SQLite, synchronous=FULL", async () => `sqlite:${join(folder, `${++n}.db`)}`);
rmSync(folder, { recursive: true, force: true });
if (mariadbAvailable()) {
  // As a server comes: the tests' own has a redo log of 16 MB, which 10,000 fires fill.
  const server = await startMariadb({
    args: ["--innodb-log-file-size=96M", "--innodb-buffer-pool-size=128M"],
  });
  await measureOn("MariaDB, flush at commit", () => server.database());
  await server.stop();
}
process.exit(0);
