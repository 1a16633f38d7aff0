// The tables of who may do what: tokens, one-time codes, and the keys under which a POST may be repeated.
import { Column, Entity, Index, Unique } from "typeorm";
import { bigint, int, json, nullable, primary, varchar } from "./columns.ts";

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
