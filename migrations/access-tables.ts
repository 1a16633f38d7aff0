// The tables of sessions and of the audit log.
import type { TableText } from "./create-table.ts";

export const ACCESS_TABLES: Record<string, TableText> = {
  sessions: {
    columns: {
      hash: "varchar(64)",
      token_hash: "varchar(64)",
      created_at: "bigint",
      expires_at: "bigint",
    },
    primaryKey: ["hash"],
    indexes: { ix_sessions_expires: ["expires_at"] },
  },
  audit_events: {
    columns: {
      id: "varchar(40)",
      at: "bigint",
      actor_type: "varchar(16) null",
      actor_id: "varchar(64) null",
      actor_name: "varchar(128) null",
      actor_role: "varchar(16) null",
      address: "varchar(64) null",
      action: "varchar(64)",
      target: "varchar(400) null",
      source: "varchar(64) null",
      outcome: "varchar(16)",
      status: "int null",
      code: "varchar(64) null",
      detail: "json null",
      repeats: "int = 0",
      request_id: "varchar(64)",
    },
    primaryKey: ["id"],
    indexes: {
      ix_audit_events_source: ["source", "id"],
      ix_audit_events_target: ["target", "id"],
      ix_audit_events_actor: ["actor_name", "id"],
    },
  },
};
