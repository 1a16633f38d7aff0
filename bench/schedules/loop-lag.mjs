// Loaded into the service with --import: at SIGUSR2 writes how long its event loop was blocked at most since the last
// time, and what it used of a core since then (the cores are shared with whatever else runs).
import { writeFileSync } from "node:fs";

const STEP_MS = 5;
let longest = 0;
let last = performance.now();
let used = process.cpuUsage();
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last - STEP_MS);
  last = now;
}, STEP_MS).unref();

process.on("SIGUSR2", () => {
  const { user, system } = process.cpuUsage(used);
  used = process.cpuUsage();
  const told = { blockedMs: longest, cpuMs: (user + system) / 1000 };
  writeFileSync(process.env.JOBMOUNT_BENCH_LAG_FILE, JSON.stringify(told));
  longest = 0;
});
