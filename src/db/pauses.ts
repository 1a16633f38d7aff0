// Pauses of jobs, sources and everything: rows of `pauses`, written under the lock of their scope.
import type { Instant } from "../clock.ts";
import type { PauseScope, ScopedPause } from "../schedules/suspension.ts";
import type { Database } from "./database.ts";
import { holdKey, type KeyRef } from "./idempotency-store.ts";
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
  "ended_reason",
] as const;

export async function openPauses(sql: Sql): Promise<ScopedPause[]> {
  const rows = await sql.all("SELECT * FROM pauses WHERE ended_at IS NULL ORDER BY paused_at, id");
  return rows.map(toPause);
}

/** Those that are over, the last that ended first. */
export async function endedPauses(sql: Sql, limit: number): Promise<ScopedPause[]> {
  const rows = await sql.all(
    "SELECT * FROM pauses WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?",
    [limit],
  );
  return rows.map(toPause);
}

/** One change of pauses at a time, in any number of replicas: whoever writes the row of the lock has it to his commit. */
export async function changePause(
  { dialect }: Database,
  sql: Sql,
  scope: PauseScope,
  decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
  request?: KeyRef,
): Promise<ScopedPause | undefined> {
  await sql.run(`INSERT INTO settings (name, value) VALUES (?, ?)${dialect.overwrite(["name"], ["value"])}`, [
    "lock_pauses",
    scope.kind,
  ]);
  const open = (await openPauses(sql)).find((pause) => sameScope(pause.scope, scope));
  const next = decide(open);
  // What changes nothing is done, too: sent again it must not end or make a pause that came later.
  if (request) await holdKey(sql, request, 200, next?.id ?? "");
  if (!next) return undefined;
  if (open?.id !== next.id) await sql.insert("pauses", COLUMNS, [valuesOf(next)]);
  else {
    await sql.run(
      "UPDATE pauses SET actor = ?, reason = ?, until_at = ?, ended_at = ?, ended_by = ?, ended_reason = ? WHERE id = ?",
      [next.by, next.reason, next.until, next.endedAt, next.endedBy, next.endedReason, next.id],
    );
  }
  return next;
}

/** Those that have passed by themselves are over; answers how many. */
export function closePassedPauses(sql: Sql, now: Instant): Promise<number> {
  return sql.run("UPDATE pauses SET ended_at = until_at WHERE ended_at IS NULL AND until_at <= ?", [now]);
}

/**
 * The clock went back to `to`: what names an instant beyond `beyond` was made or ended before that. It holds from the step on,
 * or is over since: once the clock has passed that instant again, after a downtime say, nothing else would tell.
 */
export async function movePausesBack(sql: Sql, beyond: Instant, to: Instant): Promise<void> {
  await sql.run("UPDATE pauses SET ended_at = ? WHERE ended_at > ?", [to, beyond]);
  await sql.run("UPDATE pauses SET paused_at = ? WHERE paused_at > ?", [to, beyond]);
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
    endedReason: row["ended_reason"] === null ? null : String(row["ended_reason"]),
  };
}

function scopeOf(row: SqlRow): PauseScope {
  const source = String(row["source"]);
  const kind = row["scope"];
  if (kind === "job" || kind === "job_off") return { kind, source, jobKey: String(row["job_key"]) };
  return kind === "source" ? { kind: "source", source } : { kind: "all" };
}

function valuesOf(pause: ScopedPause): SqlValue[] {
  const { scope } = pause;
  return [
    pause.id,
    scope.kind,
    scope.kind === "all" ? null : scope.source,
    "jobKey" in scope ? scope.jobKey : null,
    pause.by,
    pause.reason,
    pause.at,
    pause.until,
    pause.endedAt,
    pause.endedBy,
    pause.endedReason,
  ];
}

function sameScope(a: PauseScope, b: PauseScope): boolean {
  if (a.kind === "all" || b.kind === "all") return a.kind === b.kind;
  if (a.source !== b.source || a.kind !== b.kind) return false;
  return !("jobKey" in a) || !("jobKey" in b) || a.jobKey === b.jobKey;
}
