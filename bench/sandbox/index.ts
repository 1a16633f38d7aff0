// `npm run bench:sandbox`: how fast attempts begin, what a child costs that waits, and what a flood of output costs others.
import { cpus, loadavg } from "node:os";
import { printTable, type Row } from "../table.ts";
import { measureFlood } from "./flood.ts";
import { measureStarts } from "./starts.ts";

function most(what: string, value: number, at: number, unit: string, digits = 2): Row {
  const [figure, goal] = [`${value.toFixed(digits)} ${unit}`, `at most ${at} ${unit}`];
  return { what, figure, goal, reached: value <= at };
}

async function main(): Promise<void> {
  const model = cpus()[0]?.model ?? "unknown";
  const load = loadavg()[0]!.toFixed(1);
  console.log(
    `Node ${process.version}, ${cpus().length} cores (${model}), ${new Date().toISOString().slice(0, 10)}, load ${load} at the start`,
  );
  const starts = await measureStarts();
  printTable("From the order to the first line of execute", [
    {
      ...most("a warm child, median", starts.warmMs, 1, "ms"),
      peer: `p99 ${starts.warmP99Ms.toFixed(2)} ms`,
    },
    most("a spare child and a new version, median", starts.newVersionMs, 15, "ms"),
    most("isolation: fresh with a spare ready, median", starts.freshMs, 5, "ms"),
    {
      what: "isolation: fresh, one after the other",
      figure: `${starts.freshPerSecond.toFixed(1)}/s`,
      goal: "at least 25/s",
      reached: starts.freshPerSecond >= 25,
      peer: `a bare node that ends at once: ${starts.forksPerSecond.toFixed(1)}/s`,
    },
    most("of its own in a child that waits", starts.spareMB, 10, "MB", 1),
  ]);
  const flood = await measureFlood();
  printTable(`A job that writes ${flood.wroteMB} MB of output`, [
    { what: "takes", figure: `${flood.tookMs} ms`, goal: "", reached: null },
    most("kept of it", flood.keptMB, 10.5, "MB", 1),
    most("memory of the service at its most", flood.peakMB, 150, "MB", 0),
    {
      ...most("start of other runs meanwhile, slowest", flood.slowestMs, 1_000, "ms", 0),
      peer: `of ${flood.others}`,
    },
  ]);
  console.log(`\nload ${loadavg()[0]!.toFixed(1)} at the end`);
}

await main();
process.exit(0);
