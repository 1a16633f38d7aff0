// The AuditStore on a database: rows that are added, ended once, and listed by their ids.
import type { AuditEnd, AuditEvent, AuditFilter, AuditOutcome, AuditStore } from "../access/audit.ts";
import type { Role } from "../access/role.ts";
import { firstId } from "../ids.ts";
import type { Database } from "./database.ts";
import { fromJson, markValues, marks, type SqlRow, type SqlValue, toJson } from "./sql.ts";

const COLUMNS = [
  "id",
  "at",
  "actor_type",
  "actor_id",
  "actor_name",
  "actor_role",
  "address",
  "action",
  "target",
  "source",
  "outcome",
  "status",
  "code",
  "detail",
  "repeats",
  "request_id",
];

export class DbAuditStore implements AuditStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(events: readonly AuditEvent[]): Promise<void> {
    await this.#database.gate.write((sql) => sql.insert("audit_events", COLUMNS, events.map(toRow)));
  }

  async end(id: string, end: AuditEnd): Promise<void> {
    const { target, source, outcome, status, code, detail } = end;
    await this.#database.gate.write((sql) =>
      sql.run(
        "UPDATE audit_events SET target = ?, source = ?, outcome = ?, status = ?, code = ?, detail = ? " +
          "WHERE id = ? AND outcome = 'begun'",
        [target, source, outcome, status, code, toJson(detail), id],
      ),
    );
  }

  async addRepeats(id: string, times: number): Promise<void> {
    await this.#database.gate.write((sql) =>
      sql.run("UPDATE audit_events SET repeats = repeats + ? WHERE id = ?", [times, id]),
    );
  }

  async list(filter: AuditFilter): Promise<AuditEvent[]> {
    const where: string[] = [];
    const values: SqlValue[] = [];
    const add = (text: string, ...more: readonly SqlValue[]) => {
      where.push(text);
      values.push(...more);
    };
    for (const [column, list] of [
      ["source", filter.sources],
      ["actor_name", filter.actors],
      ["outcome", filter.outcomes],
    ] as const) {
      if (list?.length === 0) return [];
      if (list) add(`${column} IN (${marks(list.length)})`, ...markValues(list));
    }
    if (filter.actions?.length) {
      const texts = filter.actions.map(() => "action = ? OR (action >= ? AND action < ?)");
      add(
        `(${texts.join(" OR ")})`,
        // What begins with `schedules.`: the slash comes right after the full stop.
        ...filter.actions.flatMap((action) => [action, `${action}.`, `${action}/`]),
      );
    }
    if (filter.target !== undefined) add("target = ?", filter.target);
    if (filter.since !== undefined) add("id >= ?", firstId("aud", Math.max(0, filter.since)));
    if (filter.until !== undefined) add("id < ?", firstId("aud", Math.max(0, filter.until)));
    if (filter.after !== undefined) add("id < ?", filter.after);
    const condition = where.length > 0 ? `WHERE ${where.join(" AND ")} ` : "";
    const rows = await this.#database.read.all(
      `SELECT * FROM audit_events ${condition}ORDER BY id DESC LIMIT ?`,
      [...values, filter.limit],
    );
    return rows.map(toEvent);
  }
}

function toEvent(row: SqlRow): AuditEvent {
  const text = (name: string) => (row[name] === null ? null : String(row[name]));
  return {
    id: String(row["id"]),
    at: Number(row["at"]),
    actor:
      row["actor_id"] === null
        ? null
        : {
            type: row["actor_type"] as "token" | "local",
            id: String(row["actor_id"]),
            name: String(row["actor_name"]),
            role: row["actor_role"] as Role,
          },
    address: text("address"),
    action: String(row["action"]),
    target: text("target"),
    source: text("source"),
    outcome: row["outcome"] as AuditOutcome,
    status: row["status"] === null ? null : Number(row["status"]),
    code: text("code"),
    detail: fromJson(row["detail"]),
    repeats: Number(row["repeats"]),
    requestId: String(row["request_id"]),
  };
}

function toRow(event: AuditEvent): SqlValue[] {
  const { actor } = event;
  return [
    event.id,
    event.at,
    actor?.type ?? null,
    actor?.id ?? null,
    actor?.name ?? null,
    actor?.role ?? null,
    event.address,
    event.action,
    event.target,
    event.source,
    event.outcome,
    event.status,
    event.code,
    toJson(event.detail),
    event.repeats,
    event.requestId,
  ];
}
