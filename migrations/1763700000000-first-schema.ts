// The first schema: runs, schedules, the catalog of code, and access.
import type { MigrationInterface, QueryRunner } from "typeorm";
import { ACCESS_TABLES } from "./access-tables.ts";
import { createTable } from "./create-table.ts";
import { SCHEDULE_TABLES } from "./schedule-tables.ts";

export class FirstSchema1763700000000 implements MigrationInterface {
  name = "FirstSchema1763700000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await createTable(queryRunner, "task_runs", {
      columns: {
        id: "varchar(40)",
        source: "varchar(64)",
        job_key: "varchar(255)",
        job_name: "varchar(255) null",
        schedule_id: "varchar(40) null",
        schedule_revision: "int null",
        triggered_by: "varchar(16)",
        state: "varchar(16)",
        reason: "varchar(32) null",
        cause: "text null",
        fire_at: "bigint null",
        fire_through: "bigint null",
        fire_count: "int null",
        priority: "int = 0",
        queue_rank: "int null",
        queued_at: "bigint",
        available_at: "bigint",
        started_at: "bigint null",
        finished_at: "bigint null",
        attempt: "int = 0",
        tries_used: "int = 0",
        max_attempts: "int = 1",
        version_wanted: "varchar(64) null",
        version: "varchar(64) null",
        version_declared: "varchar(64) null",
        owner: "varchar(64) null",
        beat: "bigint null",
        schedule_slot: "varchar(40) null",
        job_slot: "varchar(340) null",
        exclusive: "int = 0",
        cancel_requested_at: "bigint null",
        cancel_reason: "varchar(32) null",
        cancel_by: "varchar(128) null",
        cancel_note: "varchar(1000) null",
        params: "json",
        overrides: "json null",
        progress_percent: "double null",
        progress_message: "varchar(1000) null",
        records_processed: "bigint = 0",
        records_success: "bigint = 0",
        records_failed: "bigint = 0",
        records_skipped: "bigint = 0",
        result: "json null",
        error: "json null",
        exit_code: "int null",
        exit_signal: "varchar(16) null",
        log_lines: "int = 0",
        log_bytes: "bigint = 0",
        log_dropped_bytes: "bigint = 0",
        actor_type: "varchar(16)",
        actor_name: "varchar(128)",
        retry_of: "varchar(40) null",
        log_removed_at: "bigint null",
        batch: "varchar(40) null",
        for_at: "bigint null",
      },
      primaryKey: ["id"],
      unique: {
        uq_task_runs_job_slot: ["job_slot"],
        uq_task_runs_schedule_slot: ["schedule_slot"],
        uq_task_runs_fire: ["schedule_id", "fire_at"],
        uq_task_runs_batch: ["batch", "for_at"],
      },
      indexes: {
        ix_task_runs_job: ["source", "job_key", "id"],
        ix_task_runs_claim: ["source", "queue_rank", "available_at", "id"],
        ix_task_runs_state: ["state", "id"],
        ix_task_runs_schedule: ["schedule_id", "id"],
        ix_task_runs_active: ["schedule_id", "finished_at"],
      },
    });
    await createTable(queryRunner, "run_attempts", {
      columns: {
        run_id: "varchar(40)",
        attempt: "int",
        state: "varchar(16)",
        reason: "varchar(32) null",
        cause: "text null",
        version: "varchar(64) null",
        owner: "varchar(64) null",
        started_at: "bigint",
        finished_at: "bigint",
        exit_code: "int null",
        exit_signal: "varchar(16) null",
        steps: "json null",
        group_empty_at: "bigint null",
        log_from: "int null",
        log_to: "int null",
        late: "int = 0",
      },
      primaryKey: ["run_id", "attempt", "late"],
    });
    await createTable(queryRunner, "run_logs", {
      columns: {
        run_id: "varchar(40)",
        first_seq: "int",
        attempt: "int",
        line_count: "int",
        written_at: "bigint",
        line_texts: "text",
      },
      primaryKey: ["run_id", "first_seq"],
    });
    await createTable(queryRunner, "failed_records", {
      columns: {
        run_id: "varchar(40)",
        attempt: "int",
        seq: "int",
        record_key: "varchar(512) null",
        reason: "text null",
      },
      primaryKey: ["run_id", "attempt", "seq"],
    });
    for (const [name, table] of Object.entries(SCHEDULE_TABLES)) await createTable(queryRunner, name, table);
    await createTable(queryRunner, "jobs", {
      columns: {
        source: "varchar(64)",
        job_key: "varchar(255)",
        current_version: "varchar(64) null",
        newest_version: "varchar(64) null",
        newest_loaded_at: "bigint null",
        pinned: "int = 0",
        enabled: "int = 1",
        concurrency: "int null",
        overrides: "json null",
        concurrency_set: "int null",
        notes: "text null",
        revision: "int = 1",
        params_digest: "varchar(64) null",
        changed_at: "bigint = 0",
        load_state: "varchar(16)",
        load_error: "json null",
        loaded_at: "bigint null",
        inputs: "json null",
      },
      primaryKey: ["source", "job_key"],
    });
    await createTable(queryRunner, "sources", {
      columns: {
        name: "varchar(64)",
        seen_at: "bigint",
        available_at: "bigint null",
        writer: "varchar(64) null",
        writer_until: "bigint",
      },
      primaryKey: ["name"],
    });
    await createTable(queryRunner, "job_versions", {
      columns: {
        hash: "varchar(64)",
        source: "varchar(64)",
        job_key: "varchar(255)",
        spec: "json",
        files: "json",
        needs: "json",
        builder_id: "varchar(128)",
        bundle_sha256: "varchar(64)",
        map_sha256: "varchar(64)",
        built_at: "bigint",
        source_revision: "varchar(64) null",
        loaded_at: "bigint",
      },
      primaryKey: ["hash"],
      indexes: { ix_job_versions_job: ["source", "job_key", "loaded_at"] },
    });
    await createTable(queryRunner, "version_blobs", {
      columns: {
        hash: "varchar(64)",
        sha256: "varchar(64)",
      },
      primaryKey: ["hash", "sha256"],
      indexes: { ix_version_blobs_sha256: ["sha256"] },
    });
    await createTable(queryRunner, "blobs", {
      columns: {
        sha256: "varchar(64)",
        chunk: "int",
        bytes: "blob",
      },
      primaryKey: ["sha256", "chunk"],
    });
    await createTable(queryRunner, "job_state", {
      columns: {
        source: "varchar(64)",
        job_key: "varchar(255)",
        scope: "varchar(40)",
        state_key: "varchar(256)",
        value: "json",
        updated_at: "bigint",
      },
      primaryKey: ["source", "job_key", "scope", "state_key"],
    });
    await createTable(queryRunner, "settings", {
      columns: {
        name: "varchar(64)",
        value: "text",
      },
      primaryKey: ["name"],
    });
    await createTable(queryRunner, "tokens", {
      columns: {
        id: "varchar(40)",
        name: "varchar(128)",
        prefix: "varchar(16)",
        hash: "varchar(64)",
        role: "varchar(16)",
        sources: "json null",
        created_at: "bigint",
        expires_at: "bigint null",
        last_used_at: "bigint null",
        revoked_at: "bigint null",
      },
      primaryKey: ["id"],
      unique: { uq_tokens_hash: ["hash"] },
    });
    await createTable(queryRunner, "sign_in_codes", {
      columns: {
        hash: "varchar(64)",
        name: "varchar(128)",
        role: "varchar(16)",
        sources: "json null",
        expires_at: "bigint",
        used_at: "bigint null",
      },
      primaryKey: ["hash"],
    });
    for (const [name, table] of Object.entries(ACCESS_TABLES)) await createTable(queryRunner, name, table);
    await createTable(queryRunner, "idempotency_keys", {
      columns: {
        actor: "varchar(64)",
        idempotency_key: "varchar(255)",
        request_hash: "varchar(64)",
        status: "int null",
        resource_id: "varchar(64) null",
        created_at: "bigint",
      },
      primaryKey: ["actor", "idempotency_key"],
      indexes: { ix_idempotency_keys_created: ["created_at"] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      "idempotency_keys",
      ...Object.keys(ACCESS_TABLES),
      "sign_in_codes",
      "tokens",
      "settings",
      "job_state",
      "blobs",
      "version_blobs",
      "job_versions",
      "sources",
      "jobs",
      ...Object.keys(SCHEDULE_TABLES),
      "failed_records",
      "run_logs",
      "run_attempts",
      "task_runs",
    ]) {
      await queryRunner.dropTable(table, true);
    }
  }
}
