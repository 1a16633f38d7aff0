// The tables of who may do what: tokens, sessions, one-time codes, the keys under which a POST may be repeated, audit.
import { Column, Entity, Index, Unique } from "typeorm";
import { bigint, int, json, nullable, primary, varchar, zero } from "./columns.ts";

@Entity({ name: "tokens" })
@Unique("uq_tokens_hash", ["hash"])
export class TokenRow {
  @Column(varchar("id", 40, { ...primary, primaryKeyConstraintName: "pk_tokens" })) id!: string;
  @Column(varchar("name", 128)) name!: string;
  /** The first characters, so that a person can tell tokens apart; the rest is never stored. */
  @Column(varchar("prefix", 16)) prefix!: string;
  @Column(varchar("hash", 64)) hash!: string;
  @Column(varchar("role", 16)) role!: string;
  @Column(json("sources", nullable)) sources!: unknown;
  @Column(bigint("created_at")) createdAt!: number;
  @Column(bigint("expires_at", nullable)) expiresAt!: number | null;
  @Column(bigint("last_used_at", nullable)) lastUsedAt!: number | null;
  @Column(bigint("revoked_at", nullable)) revokedAt!: number | null;
}

@Entity({ name: "sign_in_codes" })
export class SignInCodeRow {
  @Column(varchar("hash", 64, { ...primary, primaryKeyConstraintName: "pk_sign_in_codes" })) hash!: string;
  @Column(varchar("name", 128)) name!: string;
  @Column(varchar("role", 16)) role!: string;
  @Column(json("sources", nullable)) sources!: unknown;
  @Column(bigint("expires_at")) expiresAt!: number;
  @Column(bigint("used_at", nullable)) usedAt!: number | null;
}

/** A session of a browser: it may do what its token may, as long as that token holds. */
@Entity({ name: "sessions" })
@Index("ix_sessions_expires", ["expiresAt"])
export class SessionRow {
  @Column(varchar("hash", 64, { ...primary, primaryKeyConstraintName: "pk_sessions" })) hash!: string;
  @Column(varchar("token_hash", 64)) tokenHash!: string;
  @Column(bigint("created_at")) createdAt!: number;
  @Column(bigint("expires_at")) expiresAt!: number;
}

@Entity({ name: "audit_events" })
@Index("ix_audit_events_source", ["source", "id"])
@Index("ix_audit_events_target", ["target", "id"])
@Index("ix_audit_events_actor", ["actorName", "id"])
export class AuditEventRow {
  @Column(varchar("id", 40, { ...primary, primaryKeyConstraintName: "pk_audit_events" })) id!: string;
  @Column(bigint("at")) at!: number;
  @Column(varchar("actor_type", 16, nullable)) actorType!: string | null;
  @Column(varchar("actor_id", 64, nullable)) actorId!: string | null;
  @Column(varchar("actor_name", 128, nullable)) actorName!: string | null;
  @Column(varchar("actor_role", 16, nullable)) actorRole!: string | null;
  @Column(varchar("address", 64, nullable)) address!: string | null;
  @Column(varchar("action", 64)) action!: string;
  @Column(varchar("target", 400, nullable)) target!: string | null;
  @Column(varchar("source", 64, nullable)) source!: string | null;
  @Column(varchar("outcome", 16)) outcome!: string;
  @Column(int("status", nullable)) status!: number | null;
  @Column(varchar("code", 64, nullable)) code!: string | null;
  @Column(json("detail", nullable)) detail!: unknown;
  @Column(int("repeats", zero)) repeats!: number;
  @Column(varchar("request_id", 64)) requestId!: string;
}

@Entity({ name: "idempotency_keys" })
@Index("ix_idempotency_keys_created", ["createdAt"])
export class IdempotencyKeyRow {
  @Column(varchar("actor", 64, { ...primary, primaryKeyConstraintName: "pk_idempotency_keys" }))
  actor!: string;
  @Column(varchar("idempotency_key", 255, { ...primary, primaryKeyConstraintName: "pk_idempotency_keys" }))
  idempotencyKey!: string;
  @Column(varchar("request_hash", 64)) requestHash!: string;
  @Column(int("status", nullable)) status!: number | null;
  @Column(varchar("resource_id", 64, nullable)) resourceId!: string | null;
  @Column(bigint("created_at")) createdAt!: number;
}
