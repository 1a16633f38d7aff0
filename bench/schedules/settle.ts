// Settling alone, again and again in one process: the least of many is what a change is judged by on a busy machine.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { sharedMariadb } from "../../test/support/mariadb.ts";
import { seedSchedules } from "./seed.ts";

const [kind = "sqlite", count = "10000", times = "10"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
const server = kind === "sqlite" ? undefined : await sharedMariadb();
const database = await openDatabase({
  url: server ? await server.database() : `sqlite:${join(folder, "a.db")}`,
});
await migrate(database);
const at = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
await seedSchedules(database, Number(count), at, "burst");
const store = new DbScheduleStore(database, {
  factsOf: () => ({ jobName: "Burst", maxAttempts: 1 }),
  onFault: (id, error) => console.error(id, error),
});
const schedules = new Schedules({
  store,
  clock: { now: () => at },
  defaults: { timeZone: "UTC" },
  jobOf: () => undefined,
  wake: () => undefined,
});
const [walls, cpus, servers]: number[][] = [[], [], []];
for (let i = 0; i < Number(times); i++) {
  const [wall, cpu, ticks] = [performance.now(), process.cpuUsage(), server ? cpuOf(server.pid) : 0];
  const settled = await schedules.settleDue(at + 5);
  if (settled !== Number(count)) throw new Error(`settled ${settled}`);
  walls!.push(performance.now() - wall);
  const used = process.cpuUsage(cpu);
  cpus!.push((used.user + used.system) / 1000);
  if (server) servers!.push(cpuOf(server.pid) - ticks);
  await database.write((sql) => sql.run("DELETE FROM task_runs"));
  await database.write((sql) =>
    sql.run("UPDATE schedules SET fired_through = ?, next_fire_at = ?", [at - 1, at]),
  );
  await new Promise((resolve) => setTimeout(resolve, Number(count) < 5_000 ? 20 : 300));
}
const least = (values: number[]) => Math.round(Math.min(...values));
const middle = (values: number[]) => Math.round([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0);
console.log(
  `${kind}: least/median wall ${least(walls!)}/${middle(walls!)} ms, own cpu ${least(cpus!)}/${middle(cpus!)} ms` +
    (server ? `, server cpu ${least(servers!)}/${middle(servers!)} ms` : ""),
);
/** ms that all threads of a process have run. */
function cpuOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]),
  );
  return ns.reduce((a, b) => a + b) / 1e6;
}
await database.close();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
