// The tables of what is configured: schedules and every revision that they ever had.
import { Column, Entity, Index } from "typeorm";
import { bigint, double, int, json, nullable, primary, varchar, zero } from "./columns.ts";

@Entity({ name: "schedules" })
@Index("ix_schedules_due", ["enabled", "nextFireAt"])
@Index("ix_schedules_job", ["source", "jobKey"])
export class ScheduleRow {
  @Column(varchar("id", 40, { ...primary, primaryKeyConstraintName: "pk_schedules" })) id!: string;
  @Column(varchar("source", 64)) source!: string;
  @Column(varchar("job_key", 255)) jobKey!: string;
  @Column(varchar("name", 255, nullable)) name!: string | null;
  /** cron, every or at: which of the next columns hold. */
  @Column(varchar("kind", 8)) kind!: string;
  @Column(varchar("cron", 100, nullable)) cron!: string | null;
  @Column(bigint("every_ms", nullable)) everyMs!: number | null;
  @Column(bigint("anchor_at", nullable)) anchorAt!: number | null;
  @Column(bigint("at_instant", nullable)) atInstant!: number | null;
  @Column(varchar("time_zone", 64)) timeZone!: string;
  @Column(varchar("dst_gap", 8)) dstGap!: string;
  @Column(varchar("dst_repeat", 8)) dstRepeat!: string;
  @Column(json("params")) params!: unknown;
  @Column(int("enabled", { default: 1 })) enabled!: number;
  @Column(varchar("overlap", 16)) overlap!: string;
  @Column(varchar("catch_up", 8)) catchUp!: string;
  @Column(bigint("catch_up_window_ms")) catchUpWindowMs!: number;
  @Column(int("catch_up_max")) catchUpMax!: number;
  @Column(bigint("jitter_ms", zero)) jitterMs!: number;
  @Column(bigint("timeout_ms", nullable)) timeoutMs!: number | null;
  @Column(json("retries", nullable)) retries!: unknown;
  @Column(double("max_failed_share", nullable)) maxFailedShare!: number | null;
  @Column(bigint("start_at", nullable)) startAt!: number | null;
  @Column(bigint("end_at", nullable)) endAt!: number | null;
  @Column(int("max_runs", nullable)) maxRuns!: number | null;
  @Column(int("runs_counted", zero)) runsCounted!: number;
  @Column(int("revision", { default: 1 })) revision!: number;
  @Column(bigint("fired_through")) firedThrough!: number;
  @Column(bigint("next_fire_at", nullable)) nextFireAt!: number | null;
  @Column(varchar("origin", 8)) origin!: string;
  @Column(bigint("created_at")) createdAt!: number;
  @Column(bigint("updated_at")) updatedAt!: number;
}

/** Append-only: what the schedule said at each revision, so that every row can be checked against its own (S2). */
@Entity({ name: "schedule_revisions" })
export class ScheduleRevisionRow {
  @Column(varchar("schedule_id", 40, { ...primary, primaryKeyConstraintName: "pk_schedule_revisions" }))
  scheduleId!: string;
  @Column(int("revision", { ...primary, primaryKeyConstraintName: "pk_schedule_revisions" }))
  revision!: number;
  @Column(bigint("from_instant")) fromInstant!: number;
  @Column(varchar("actor", 128)) actor!: string;
  /** The whole schedule; params as saved, secrets sealed. */
  @Column(json("definition")) definition!: unknown;
}
