import { MysqlSql } from "../src/db/mysql-sql.ts";
const stats = new Map<string, { n: number; ms: number }>();
for (const name of ["all", "run", "insert", "update"] as const) {
  const old = MysqlSql.prototype[name] as (...a: unknown[]) => Promise<unknown>;
  (MysqlSql.prototype as never as Record<string, unknown>)[name] = async function (this: unknown, ...args: unknown[]) {
    const t = performance.now();
    try { return await old.apply(this, args); } finally {
      const k = name + " " + String(args[0]).slice(0, 40).replace(/\s+/g, " ") + (name === "update" ? ` ${(args[4] as unknown[]).length > 1 ? "many" : "one"} ${String((args[1] as string[])[0])} ${(args[1] as string[]).length}` : "");
      const s = stats.get(k) ?? { n: 0, ms: 0 }; s.n++; s.ms += performance.now() - t; stats.set(k, s);
    }
  };
}
process.on("exit", () => { for (const [k, s] of [...stats].sort((a, b) => b[1].ms - a[1].ms).slice(0, 14)) console.log((s.ms / s.n).toFixed(2).padStart(7), String(s.n).padStart(6), k); });
await import("./proto.ts");
