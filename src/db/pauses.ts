// Pauses of jobs, sources and everything: rows of `pauses`, written under the lock of their scope.
import type { Instant } from "../clock.ts";
import type { PauseScope, ScopedPause } from "../schedules/suspension.ts";
import type { Database } from "./database.ts";
import type { Sql, SqlRow, SqlValue } from "./sql.ts";

const COLUMNS = [
  "id",
  "scope",
  "source",
  "job_key",
  "actor",
  "reason",
  "paused_at",
  "until_at",
  "ended_at",
  "ended_by",
] as const;

export async function openPauses(sql: Sql): Promise<ScopedPause[]> {
  const rows = await sql.all("SELECT * FROM pauses WHERE ended_at IS NULL ORDER BY paused_at, id");
  return rows.map(toPause);
}

/** One change of pauses at a time, in any number of replicas: whoever writes the row of the lock has it to his commit. */
export async function changePause(
  { dialect }: Database,
  sql: Sql,
  scope: PauseScope,
  decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
): Promise<ScopedPause | undefined> {
  await sql.run(`INSERT INTO settings (name, value) VALUES (?, ?)${dialect.overwrite(["name"], ["value"])}`, [
    "lock_pauses",
    scope.kind,
  ]);
  const open = (await openPauses(sql)).find((pause) => sameScope(pause.scope, scope));
  const next = decide(open);
  if (!next) return undefined;
  if (open?.id !== next.id) await sql.insert("pauses", COLUMNS, [valuesOf(next)]);
  else {
    await sql.run(
      "UPDATE pauses SET actor = ?, reason = ?, until_at = ?, ended_at = ?, ended_by = ? WHERE id = ?",
      [next.by, next.reason, next.until, next.endedAt, next.endedBy, next.id],
    );
  }
  return next;
}

/** Those that have passed by themselves are over; answers how many. */
export function closePassedPauses(sql: Sql, now: Instant): Promise<number> {
  return sql.run("UPDATE pauses SET ended_at = until_at WHERE ended_at IS NULL AND until_at <= ?", [now]);
}

export function toPause(row: SqlRow): ScopedPause {
  const number = (value: unknown) => (value === null ? null : Number(value));
  return {
    id: String(row["id"]),
    scope: scopeOf(row),
    by: String(row["actor"]),
    reason: row["reason"] === null ? null : String(row["reason"]),
    at: Number(row["paused_at"]),
    until: number(row["until_at"]),
    endedAt: number(row["ended_at"]),
    endedBy: row["ended_by"] === null ? null : String(row["ended_by"]),
  };
}

function scopeOf(row: SqlRow): PauseScope {
  const source = String(row["source"]);
  if (row["scope"] === "job") return { kind: "job", source, jobKey: String(row["job_key"]) };
  return row["scope"] === "source" ? { kind: "source", source } : { kind: "all" };
}

function valuesOf(pause: ScopedPause): SqlValue[] {
  const { scope } = pause;
  return [
    pause.id,
    scope.kind,
    scope.kind === "all" ? null : scope.source,
    scope.kind === "job" ? scope.jobKey : null,
    pause.by,
    pause.reason,
    pause.at,
    pause.until,
    pause.endedAt,
    pause.endedBy,
  ];
}

function sameScope(a: PauseScope, b: PauseScope): boolean {
  if (a.kind === "all" || b.kind === "all") return a.kind === b.kind;
  if (a.source !== b.source || a.kind !== b.kind) return false;
  return a.kind !== "job" || b.kind !== "job" || a.jobKey === b.jobKey;
}
