// The tables of what happens: runs, their attempts, their logs and their refused records.
import { Column, Entity, Index, Unique } from "typeorm";
import { bigint, double, int, json, nullable, primary, text, varchar, zero } from "./columns.ts";

@Entity({ name: "task_runs" })
@Unique("uq_task_runs_fire", ["scheduleId", "fireAt"])
@Unique("uq_task_runs_batch", ["batch", "forAt"])
@Unique("uq_task_runs_schedule_slot", ["scheduleSlot"])
@Unique("uq_task_runs_job_slot", ["jobSlot"])
@Index("ix_task_runs_claim", ["source", "queueRank", "availableAt", "id"])
@Index("ix_task_runs_state", ["state", "id"])
@Index("ix_task_runs_job", ["source", "jobKey", "id"])
@Index("ix_task_runs_schedule", ["scheduleId", "id"])
@Index("ix_task_runs_active", ["scheduleId", "finishedAt"])
export class TaskRunRow {
  @Column(varchar("id", 40, { ...primary, primaryKeyConstraintName: "pk_task_runs" })) id!: string;
  @Column(varchar("source", 64)) source!: string;
  @Column(varchar("job_key", 255)) jobKey!: string;
  @Column(varchar("job_name", 255, nullable)) jobName!: string | null;
  @Column(varchar("schedule_id", 40, nullable)) scheduleId!: string | null;
  @Column(int("schedule_revision", nullable)) scheduleRevision!: number | null;
  @Column(varchar("triggered_by", 16)) triggeredBy!: string;
  @Column(varchar("state", 16)) state!: string;
  @Column(varchar("reason", 32, nullable)) reason!: string | null;
  @Column(text("cause", nullable)) cause!: string | null;
  @Column(bigint("fire_at", nullable)) fireAt!: number | null;
  @Column(bigint("fire_through", nullable)) fireThrough!: number | null;
  @Column(int("fire_count", nullable)) fireCount!: number | null;
  @Column(int("priority", zero)) priority!: number;
  /** Minus the priority while the run waits (queued, retrying), else NULL: the claim's index holds little else. */
  @Column(int("queue_rank", nullable)) queueRank!: number | null;
  @Column(bigint("queued_at")) queuedAt!: number;
  @Column(bigint("available_at")) availableAt!: number;
  @Column(bigint("started_at", nullable)) startedAt!: number | null;
  @Column(bigint("finished_at", nullable)) finishedAt!: number | null;
  @Column(int("attempt", zero)) attempt!: number;
  @Column(int("tries_used", zero)) triesUsed!: number;
  @Column(int("max_attempts", { default: 1 })) maxAttempts!: number;
  @Column(varchar("version_wanted", 64, nullable)) versionWanted!: string | null;
  @Column(varchar("version", 64, nullable)) version!: string | null;
  @Column(varchar("version_declared", 64, nullable)) versionDeclared!: string | null;
  @Column(varchar("owner", 64, nullable)) owner!: string | null;
  @Column(bigint("beat", nullable)) beat!: number | null;
  @Column(varchar("schedule_slot", 40, nullable)) scheduleSlot!: string | null;
  @Column(varchar("job_slot", 340, nullable)) jobSlot!: string | null;
  @Column(int("exclusive", zero)) exclusive!: number;
  @Column(bigint("cancel_requested_at", nullable)) cancelRequestedAt!: number | null;
  @Column(varchar("cancel_reason", 32, nullable)) cancelReason!: string | null;
  @Column(varchar("cancel_by", 128, nullable)) cancelBy!: string | null;
  @Column(varchar("cancel_note", 1000, nullable)) cancelNote!: string | null;
  @Column(json("params")) params!: unknown;
  @Column(json("overrides", nullable)) overrides!: unknown;
  @Column(double("progress_percent", nullable)) progressPercent!: number | null;
  @Column(varchar("progress_message", 1000, nullable)) progressMessage!: string | null;
  @Column(bigint("records_processed", zero)) recordsProcessed!: number;
  @Column(bigint("records_success", zero)) recordsSuccess!: number;
  @Column(bigint("records_failed", zero)) recordsFailed!: number;
  @Column(bigint("records_skipped", zero)) recordsSkipped!: number;
  @Column(json("result", nullable)) result!: unknown;
  @Column(json("error", nullable)) error!: unknown;
  @Column(int("exit_code", nullable)) exitCode!: number | null;
  @Column(varchar("exit_signal", 16, nullable)) exitSignal!: string | null;
  @Column(int("log_lines", zero)) logLines!: number;
  @Column(bigint("log_bytes", zero)) logBytes!: number;
  @Column(bigint("log_dropped_bytes", zero)) logDroppedBytes!: number;
  @Column(varchar("actor_type", 16)) actorType!: string;
  @Column(varchar("actor_name", 128)) actorName!: string;
  @Column(varchar("retry_of", 40, nullable)) retryOf!: string | null;
  /** When its log was removed, by age. */
  @Column(bigint("log_removed_at", nullable)) logRemovedAt!: number | null;
  /** Runs that a backfill made together, and the instant that each stands for. */
  @Column(varchar("batch", 40, nullable)) batch!: string | null;
  @Column(bigint("for_at", nullable)) forAt!: number | null;
}

@Entity({ name: "run_attempts" })
export class AttemptRow {
  @Column(varchar("run_id", 40, { ...primary, primaryKeyConstraintName: "pk_run_attempts" })) runId!: string;
  @Column(int("attempt", { ...primary, primaryKeyConstraintName: "pk_run_attempts" })) attempt!: number;
  @Column(varchar("state", 16)) state!: string;
  @Column(varchar("reason", 32, nullable)) reason!: string | null;
  @Column(text("cause", nullable)) cause!: string | null;
  @Column(varchar("version", 64, nullable)) version!: string | null;
  @Column(varchar("owner", 64, nullable)) owner!: string | null;
  @Column(bigint("started_at")) startedAt!: number;
  @Column(bigint("finished_at")) finishedAt!: number;
  @Column(int("exit_code", nullable)) exitCode!: number | null;
  @Column(varchar("exit_signal", 16, nullable)) exitSignal!: string | null;
  /** `[{ signal, at }]`, when anything was sent to end it. */
  @Column(json("steps", nullable)) steps!: unknown;
  @Column(bigint("group_empty_at", nullable)) groupEmptyAt!: number | null;
  /** Of the first line that it could write, and of its last. */
  @Column(int("log_from", nullable)) logFrom!: number | null;
  @Column(int("log_to", nullable)) logTo!: number | null;
  /** 1: told when the attempt was no longer the run's; beside the row of the same attempt that the sweeper wrote. */
  @Column(int("late", { ...zero, ...primary, primaryKeyConstraintName: "pk_run_attempts" })) late!: number;
}

@Entity({ name: "run_logs" })
export class LogChunkRow {
  @Column(varchar("run_id", 40, { ...primary, primaryKeyConstraintName: "pk_run_logs" })) runId!: string;
  /** Sequence number of the first line of the chunk. */
  @Column(int("first_seq", { ...primary, primaryKeyConstraintName: "pk_run_logs" })) firstSeq!: number;
  @Column(int("attempt")) attempt!: number;
  @Column(int("line_count")) lineCount!: number;
  @Column(bigint("written_at")) writtenAt!: number;
  /** One JSON line a log line. */
  @Column(text("line_texts")) lineTexts!: string;
}

@Entity({ name: "failed_records" })
export class FailedRecordRow {
  @Column(varchar("run_id", 40, { ...primary, primaryKeyConstraintName: "pk_failed_records" }))
  runId!: string;
  /** Each attempt counts its records from 1. */
  @Column(int("attempt", { ...primary, primaryKeyConstraintName: "pk_failed_records" })) attempt!: number;
  @Column(int("seq", { ...primary, primaryKeyConstraintName: "pk_failed_records" })) seq!: number;
  @Column(varchar("record_key", 512, nullable)) recordKey!: string | null;
  @Column(text("reason", nullable)) reason!: string | null;
}
