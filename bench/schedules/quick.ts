// One burst on one database: for looking at a change of the clock while working on it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedMariadb } from "../../test/support/mariadb.ts";
import { measureBurst } from "./burst.ts";

const [kind = "sqlite", count = "10000", times = "1"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
for (let i = 0; i < Number(times); i++) {
  const url =
    kind === "sqlite" ? `sqlite:${join(folder, `${i}.db`)}` : await (await sharedMariadb()).database();
  const server = kind === "sqlite" ? process : await sharedMariadb();
  const before = ticksOf(server.pid);
  const figures = await measureBurst(url, Number(count));
  console.log(
    kind,
    count,
    JSON.stringify(figures),
    "server cpu ms with the seeding",
    (ticksOf(server.pid) - before) * 10,
  );
}

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
rmSync(folder, { recursive: true, force: true });
process.exit(0);
