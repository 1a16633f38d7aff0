import { startRig } from "./rig.ts";
import { sharedMariadb } from "../test/support/mariadb.ts";
const which = process.argv[2]!, N = Number(process.argv[4] ?? 10000);
for (const c of (process.argv[3] ?? "2,4,8,16").split(",").map(Number)) {
  const rig = await startRig({ url: which === "sqlite" ? "sqlite:FOLDER/db/jobmount.db" : await (await sharedMariadb()).database(), concurrency: c });
  const actor = { type: "local" as const, name: "b" };
  const trig = () => rig.runs.trigger({ source: "default", jobKey: "noop_0", params: {}, trigger: "manual", actor });
  await Promise.all(Array.from({ length: 200 }, trig));
  while (rig.finished.length < 200) await new Promise((r) => setTimeout(r, 10));
  rig.finished.length = 0;
  const cpu0 = process.cpuUsage();
  let t = performance.now();
  for (let i = 0; i < N; i += 500) void Promise.all(Array.from({ length: 500 }, trig));
  while (rig.finished.length < N) await new Promise((r) => setTimeout(r, 5));
  const wall = performance.now() - t;
  const cpu = process.cpuUsage(cpu0);
  await new Promise((r) => setTimeout(r, 600));
  rig.finished.length = 0;
  t = performance.now();
  for (let i = 0; i < 1000; i++) await trig();
  const awaited = 1000 / ((performance.now() - t) / 1000);
  while (rig.finished.length < 1000) await new Promise((r) => setTimeout(r, 5));
  await new Promise((r) => setTimeout(r, 600));
  const ends: number[] = [];
  for (let i = 0; i < 200; i++) {
    const t0 = performance.now();
    const run = await trig();
    await rig.notices.next(run.id, 1000);
    ends.push(performance.now() - t0);
    await new Promise((r) => setTimeout(r, 5));
  }
  ends.sort((a, b) => a - b);
  console.log(which, "concurrency", c, "runs/s", Math.round(N / (wall / 1000)), "cpu us/run", Math.round((cpu.user + cpu.system) / N), "awaited/s", Math.round(awaited), "recorded median ms", ends[100]!.toFixed(2));
  await rig.stop();
}
process.exit(0);
