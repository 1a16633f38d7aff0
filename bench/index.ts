// `npm run bench`: the durable path on both databases beside its peers, the import, and the service at rest.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { mariadbAvailable, startMariadb } from "../test/support/mariadb.ts";
import { type DurableFigures, measureDifferent, measureDurable } from "./durable.ts";
import { measureBullmq, measureForkPerRun, type PeerFigures } from "./peers.ts";
import { measureService } from "./service.ts";
import { printTable, type Row } from "./table.ts";

/** Attempts at a time; the bench job itself has no limit. */
const CONCURRENCY = Number(process.argv[2] ?? 64);
const DIFFERENT = 100;

function durableRows(figures: DurableFigures, goal: number, peer: PeerFigures | null): Row[] {
  const ratio = (ours: number, theirs: number | undefined) =>
    theirs === undefined
      ? undefined
      : `${(ours / theirs).toFixed(1)} times BullMQ's ${theirs.toFixed(theirs < 20 ? 2 : 0)}`;
  const least = (what: string, value: number, at: number, theirs?: number): Row => ({
    what,
    figure: `${Math.round(value)}/s`,
    goal: `at least ${at}/s`,
    reached: value >= at,
    peer: ratio(value, theirs),
  });
  const most = (what: string, value: number, at: number, theirs?: number): Row => ({
    what,
    figure: `${value.toFixed(2)} ms`,
    goal: `at most ${at} ms`,
    reached: value <= at,
    peer: ratio(value, theirs),
  });
  return [
    least("runs due together", figures.runsPerSecond, goal, peer?.runsPerSecond),
    least("awaited triggers, one after the other", figures.awaitedPerSecond, 1_500, peer?.awaitedPerSecond),
    most("trigger to first line of execute, median", figures.startedMs, 1.6, peer?.startedMs),
    most("trigger to committed end, median", figures.recordedMs, 2.5, peer?.recordedMs),
  ];
}

async function main(): Promise<void> {
  const model = cpus()[0]?.model ?? "unknown";
  console.log(
    `Node ${process.version}, ${cpus().length} cores (${model}), ${new Date().toISOString().slice(0, 10)}, ${CONCURRENCY} attempts at a time`,
  );
  const peer = await measureBullmq(CONCURRENCY);
  const forks = await measureForkPerRun(60);
  const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
  const sqlite = () => `sqlite:${join(folder, `${Math.random()}.db`)}`;
  printTable(
    "SQLite, synchronous=FULL, 10,000 no-op runs",
    durableRows(await measureDurable(sqlite(), CONCURRENCY), 4_000, peer),
  );
  if (mariadbAvailable()) {
    // As a server comes: the tests' own has a redo log of 16 MB, which these runs fill again and again.
    const server = await startMariadb({
      args: ["--innodb-log-file-size=96M", "--innodb-buffer-pool-size=128M"],
    });
    printTable(
      "MariaDB, flush at commit, redo log 96 MB, 10,000 no-op runs",
      durableRows(await measureDurable(await server.database(), CONCURRENCY), 6_000, peer),
    );
    await server.stop();
  }
  const different = await measureDifferent(sqlite(), DIFFERENT);
  printTable("Fork-bound", [
    {
      what: `${DIFFERENT} different jobs due together`,
      figure: `${different.toFixed(1)}/s`,
      goal: "about 25/s",
      reached: null,
      peer: `a bare fork per run: ${forks.toFixed(1)}/s`,
    },
  ]);
  printTable("The service", await measureService());
  rmSync(folder, { recursive: true, force: true });
}

await main();
process.exit(0);
