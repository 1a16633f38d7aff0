// The tables of what is configured: schedules, every revision that they ever had, and pauses of more than one schedule.
import { Column, Entity, Index } from "typeorm";
import { bigint, double, int, json, nullable, primary, text, varchar, zero } from "./columns.ts";

@Entity({ name: "schedules" })
@Index("ix_schedules_due", ["enabled", "nextFireAt"])
@Index("ix_schedules_job", ["source", "jobKey"])
@Index("ix_schedules_suspended", ["suspendedBy", "id"])
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
  /** The digest of the job's params that the saved ones were held against last, whatever came of it (R7). */
  @Column(varchar("params_checked", 64, nullable)) paramsChecked!: string | null;
  @Column(int("enabled", { default: 1 })) enabled!: number;
  /** Who switched it off, and when. */
  @Column(json("disabled", nullable)) disabled!: unknown;
  @Column(json("paused", nullable)) paused!: unknown;
  @Column(json("held", nullable)) held!: unknown;
  /** The suspension that it is in, and its key: `paused`, `job_missing`, the id of a row of `pauses`, … */
  @Column(json("suspended", nullable)) suspended!: unknown;
  @Column(varchar("suspended_by", 40, nullable)) suspendedBy!: string | null;
  /** Fires that somebody asked to leave out. */
  @Column(json("skips", nullable)) skips!: unknown;
  @Column(varchar("overlap", 16)) overlap!: string;
  @Column(varchar("catch_up", 8)) catchUp!: string;
  @Column(bigint("catch_up_window_ms")) catchUpWindowMs!: number;
  @Column(int("catch_up_max")) catchUpMax!: number;
  @Column(bigint("jitter_ms", zero)) jitterMs!: number;
  @Column(bigint("timeout_ms", nullable)) timeoutMs!: number | null;
  @Column(json("retries", nullable)) retries!: unknown;
  @Column(double("max_failed_share", nullable)) maxFailedShare!: number | null;
  @Column(int("pause_after_failures", nullable)) pauseAfterFailures!: number | null;
  @Column(bigint("failures_since", zero)) failuresSince!: number;
  @Column(bigint("start_at", nullable)) startAt!: number | null;
  @Column(bigint("end_at", nullable)) endAt!: number | null;
  @Column(int("max_runs", nullable)) maxRuns!: number | null;
  @Column(int("runs_counted", zero)) runsCounted!: number;
  @Column(int("revision", { default: 1 })) revision!: number;
  @Column(bigint("fired_through")) firedThrough!: number;
  @Column(bigint("next_fire_at", nullable)) nextFireAt!: number | null;
  @Column(varchar("origin", 8)) origin!: string;
  /** What the job's code suggested when it was made from that. */
  @Column(json("suggested", nullable)) suggested!: unknown;
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
  /** created, edited, paused, resumed, held, released, skip_next, deleted. */
  @Column(varchar("action", 16)) action!: string;
  @Column(text("reason", nullable)) reason!: string | null;
  /** The whole schedule; params as saved, secrets sealed. */
  @Column(json("definition")) definition!: unknown;
}

/** A pause of a job, of a source or of everything; it stays when it is over. */
@Entity({ name: "pauses" })
@Index("ix_pauses_ended", ["endedAt"])
export class PauseRow {
  @Column(varchar("id", 40, { ...primary, primaryKeyConstraintName: "pk_pauses" })) id!: string;
  /** all, source or job. */
  @Column(varchar("scope", 8)) scope!: string;
  @Column(varchar("source", 64, nullable)) source!: string | null;
  @Column(varchar("job_key", 255, nullable)) jobKey!: string | null;
  @Column(varchar("actor", 128)) actor!: string;
  @Column(text("reason", nullable)) reason!: string | null;
  @Column(bigint("paused_at")) pausedAt!: number;
  /** When it passes by itself. */
  @Column(bigint("until_at", nullable)) untilAt!: number | null;
  @Column(bigint("ended_at", nullable)) endedAt!: number | null;
  @Column(varchar("ended_by", 128, nullable)) endedBy!: string | null;
  @Column(text("ended_reason", nullable)) endedReason!: string | null;
}

/** A stretch of time in which one process settled schedules without a gap. */
@Entity({ name: "up_times" })
@Index("ix_up_times_started", ["startedAt"])
export class UpTimeRow {
  @Column(varchar("replica", 40, { ...primary, primaryKeyConstraintName: "pk_up_times" })) replica!: string;
  @Column(bigint("started_at", { ...primary, primaryKeyConstraintName: "pk_up_times" })) startedAt!: number;
  /** Everything due up to here was settled; written every few seconds. */
  @Column(bigint("beaten_at")) beatenAt!: number;
  /** Where it runs, so that another process there can tell whether it still does. */
  @Column(varchar("place", 64, nullable)) place!: string | null;
  @Column(int("pid", zero)) pid!: number;
  /** Set when it was stopped in order. */
  @Column(bigint("stopped_at", nullable)) stoppedAt!: number | null;
  /** Set when it began with a clock that went back: where the clock had been. */
  @Column(bigint("back_from", nullable)) backFrom!: number | null;
  /** Set when its process had been there before and could not write: what the database said then. */
  @Column(varchar("unwritable", 255, nullable)) unwritable!: string | null;
}
