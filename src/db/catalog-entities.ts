// The tables of the code: jobs, the versions that were loaded, their files, and the values that jobs keep.
import { Column, Entity, Index } from "typeorm";
import { bigint, blob, int, json, nullable, primary, text, varchar, zero } from "./columns.ts";

@Entity({ name: "jobs" })
export class JobRow {
  @Column(varchar("source", 64, { ...primary, primaryKeyConstraintName: "pk_jobs" })) source!: string;
  @Column(varchar("job_key", 255, { ...primary, primaryKeyConstraintName: "pk_jobs" })) jobKey!: string;
  @Column(varchar("current_version", 64, nullable)) currentVersion!: string | null;
  /** What the folder holds; another one than the current version while the job is pinned. */
  @Column(varchar("newest_version", 64, nullable)) newestVersion!: string | null;
  @Column(bigint("newest_loaded_at", nullable)) newestLoadedAt!: number | null;
  @Column(int("pinned", zero)) pinned!: number;
  @Column(int("enabled", { default: 1 })) enabled!: number;
  /** From the current version's spec; the claim reads it. */
  @Column(int("concurrency", nullable)) concurrency!: number | null;
  /** What an admin set above what the version declares, and beside it; `concurrency_set` repeats one of them for the claim. */
  @Column(json("overrides", nullable)) overrides!: unknown;
  @Column(int("concurrency_set", nullable)) concurrencySet!: number | null;
  @Column(text("notes", nullable)) notes!: string | null;
  @Column(int("revision", { default: 1 })) revision!: number;
  /** Of what the current version takes for params; schedules are held against it. */
  @Column(varchar("params_digest", 64, nullable)) paramsDigest!: string | null;
  /** When this row was last changed; other processes follow by it. */
  @Column(bigint("changed_at", zero)) changedAt!: number;
  @Column(varchar("load_state", 16)) loadState!: string;
  @Column(json("load_error", nullable)) loadError!: unknown;
  @Column(bigint("loaded_at", nullable)) loadedAt!: number | null;
  /** What the load looked at, as the catalog wrote it: a JSON text, kept as one JSON string. */
  @Column(json("inputs", nullable)) inputs!: unknown;
}

/** What all processes know of the sources that they have. */
@Entity({ name: "sources" })
export class SourceRow {
  @Column(varchar("name", 64, { ...primary, primaryKeyConstraintName: "pk_sources" })) name!: string;
  /** When some process last had it configured, and last saw its folder. */
  @Column(bigint("seen_at")) seenAt!: number;
  @Column(bigint("available_at", nullable)) availableAt!: number | null;
  /** The process that publishes it, for as long as it says so. */
  @Column(varchar("writer", 64, nullable)) writer!: string | null;
  @Column(bigint("writer_until")) writerUntil!: number;
}

@Entity({ name: "job_versions" })
@Index("ix_job_versions_job", ["source", "jobKey", "loadedAt"])
export class JobVersionRow {
  @Column(varchar("hash", 64, { ...primary, primaryKeyConstraintName: "pk_job_versions" })) hash!: string;
  @Column(varchar("source", 64)) source!: string;
  @Column(varchar("job_key", 255)) jobKey!: string;
  @Column(json("spec")) spec!: unknown;
  @Column(json("files")) files!: unknown;
  @Column(json("needs")) needs!: unknown;
  @Column(varchar("builder_id", 128)) builderId!: string;
  @Column(varchar("bundle_sha256", 64)) bundleSha256!: string;
  @Column(varchar("map_sha256", 64)) mapSha256!: string;
  @Column(bigint("built_at")) builtAt!: number;
  /** The commit that the source was at when this was built; null where there is no .git. */
  @Column(varchar("source_revision", 64, nullable)) sourceRevision!: string | null;
  /** When the folder last became this version. */
  @Column(bigint("loaded_at")) loadedAt!: number;
}

/** Which contents a version holds: what no version names any more can go. */
@Entity({ name: "version_blobs" })
@Index("ix_version_blobs_sha256", ["sha256"])
export class VersionBlobRow {
  @Column(varchar("hash", 64, { ...primary, primaryKeyConstraintName: "pk_version_blobs" })) hash!: string;
  @Column(varchar("sha256", 64, { ...primary, primaryKeyConstraintName: "pk_version_blobs" }))
  sha256!: string;
}

/** Contents by their hash, in numbered chunks; shared by every version that holds the same bytes. */
@Entity({ name: "blobs" })
export class BlobRow {
  @Column(varchar("sha256", 64, { ...primary, primaryKeyConstraintName: "pk_blobs" })) sha256!: string;
  @Column(int("chunk", { ...primary, primaryKeyConstraintName: "pk_blobs" })) chunk!: number;
  @Column(blob("bytes")) bytes!: Uint8Array;
}

/** The durable values of `this.state`; scope is "" for the job, else the schedule's id. */
@Entity({ name: "job_state" })
export class JobStateRow {
  @Column(varchar("source", 64, { ...primary, primaryKeyConstraintName: "pk_job_state" })) source!: string;
  @Column(varchar("job_key", 255, { ...primary, primaryKeyConstraintName: "pk_job_state" })) jobKey!: string;
  @Column(varchar("scope", 40, { ...primary, primaryKeyConstraintName: "pk_job_state" })) scope!: string;
  @Column(varchar("state_key", 256, { ...primary, primaryKeyConstraintName: "pk_job_state" }))
  stateKey!: string;
  @Column(json("value")) value!: unknown;
  @Column(bigint("updated_at")) updatedAt!: number;
}

/** Facts about this installation: first start done, id of the database. */
@Entity({ name: "settings" })
export class SettingRow {
  @Column(varchar("name", 64, { ...primary, primaryKeyConstraintName: "pk_settings" })) name!: string;
  @Column(text("value")) value!: string;
}
