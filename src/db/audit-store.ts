// The AuditStore on a database: rows that are added, ended once, and listed by their ids.
import type {
  AuditEnd,
  AuditEvent,
  AuditFilter,
  AuditOutcome,
  AuditPage,
  AuditStore,
} from "../access/audit.ts";
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

/** So long a page looks for rows that its filter seldom matches, before it says where to go on. */
const LOOK_MS = 30;
/** Rows that one statement looks at: on SQLite it holds up the event loop. */
const SLICE_ROWS = 2_000;

export class DbAuditStore implements AuditStore {
  readonly #database: Database;

  readonly #lookMs: number;
  readonly #sliceRows: number;

  constructor(database: Database, { lookMs = LOOK_MS, sliceRows = SLICE_ROWS } = {}) {
    this.#database = database;
    this.#lookMs = lookMs;
    this.#sliceRows = sliceRows;
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

  async list(filter: AuditFilter): Promise<AuditPage> {
    const conditions = conditionsOf(filter);
    if (!conditions) return { events: [], stoppedAt: null };
    const { lead, rest } = conditions;
    if (rest.text === "") return { events: await this.#rows(lead, filter.limit), stoppedAt: null };
    const until = performance.now() + this.#lookMs;
    const events: AuditEvent[] = [];
    for (let start = lead; ;) {
      const last = await this.#lastOfSlice(start);
      const slice = last === undefined ? start : and(start, "id >= ?", last);
      events.push(...(await this.#rows(and(slice, rest.text, ...rest.values), filter.limit - events.length)));
      if (events.length >= filter.limit || last === undefined) return { events, stoppedAt: null };
      if (performance.now() >= until) return { events, stoppedAt: last };
      start = and(lead, "id < ?", last);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The id up to which one statement looks; undefined when few enough rows are left. */
  async #lastOfSlice({ text, values }: Condition): Promise<string | undefined> {
    const [row] = await this.#database.read.all(
      `SELECT id FROM audit_events WHERE ${text} ORDER BY id DESC LIMIT 1 OFFSET ?`,
      [...values, this.#sliceRows - 1],
    );
    return row && String(row["id"]);
  }

  async #rows({ text, values }: Condition, limit: number): Promise<AuditEvent[]> {
    const rows = await this.#database.read.all(
      `SELECT * FROM audit_events WHERE ${text} ORDER BY id DESC LIMIT ?`,
      [...values, limit],
    );
    return rows.map(toEvent);
  }
}

interface Condition {
  text: string;
  values: SqlValue[];
}

function and({ text, values }: Condition, more: string, ...moreValues: readonly SqlValue[]): Condition {
  return { text: text === "" ? more : `${text} AND ${more}`, values: [...values, ...moreValues] };
}

/** `lead`: what an index answers in the order of the ids; `rest`: what each row has to be asked. Null: nothing can match. */
function conditionsOf(filter: AuditFilter): { lead: Condition; rest: Condition } | null {
  let lead: Condition = { text: "1 = 1", values: [] };
  let rest: Condition = { text: "", values: [] };
  for (const [column, list, hasIndex] of [
    ["source", filter.sources, true],
    ["actor_name", filter.actors, true],
    ["outcome", filter.outcomes, false],
  ] as const) {
    if (list?.length === 0) return null;
    if (list?.length === 1 && hasIndex) lead = and(lead, `${column} = ?`, list[0]!);
    else if (list) rest = and(rest, `${column} IN (${marks(list.length)})`, ...markValues(list));
  }
  if (filter.actions?.length) {
    const texts = filter.actions.map(() => "action = ? OR (action >= ? AND action < ?)");
    // What begins with `schedules.`: the slash comes right after the full stop.
    const values = filter.actions.flatMap((action) => [action, `${action}.`, `${action}/`]);
    rest = and(rest, `(${texts.join(" OR ")})`, ...values);
  }
  if (filter.target !== undefined) lead = and(lead, "target = ?", filter.target);
  if (filter.since !== undefined) lead = and(lead, "id >= ?", firstId("aud", Math.max(0, filter.since)));
  if (filter.until !== undefined) lead = and(lead, "id < ?", firstId("aud", Math.max(0, filter.until)));
  if (filter.after !== undefined) lead = and(lead, "id < ?", filter.after);
  return { lead, rest };
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
