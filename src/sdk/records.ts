// this.records: what became of each record, counted and told as it happens.
import type { JobEvent } from "./context.ts";
import { MAX_COUNT, MAX_RECORD_KEY, MAX_RECORD_REASON } from "./limits.ts";
import type { RecordCounts } from "./spec.ts";
import { show, textOf } from "./text.ts";

export interface JobRecords {
  /** One record, or `n` of them, went through. */
  success(n?: number): void;
  /** One record was refused. Its key (512 characters) and reason (2,000) are kept; the reason may be whatever was thrown. */
  failed(key?: unknown, reason?: unknown): void;
  /** One record, or `n` of them, had nothing to be done. */
  skipped(n?: number): void;
}

export function makeRecords(emit: (event: JobEvent) => void): {
  records: JobRecords;
  counts(): RecordCounts;
} {
  const counted = { success: 0, failed: 0, skipped: 0 };
  const counts = (): RecordCounts => ({
    processed: counted.success + counted.failed + counted.skipped,
    ...counted,
  });
  const add = (kind: "success" | "failed" | "skipped", n: number): void => {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new TypeError(
        `this.records.${kind}(${show(n)}): the number of records must be a whole number from 0 on`,
      );
    }
    if (counted.success + counted.failed + counted.skipped + n > MAX_COUNT) {
      throw new RangeError(`this.records.${kind}(${n}): more than ${MAX_COUNT} records cannot be counted`);
    }
    counted[kind] += n;
    emit({ type: "records", counts: counts() });
  };
  const records: JobRecords = Object.freeze({
    success: (n = 1) => add("success", n),
    skipped: (n = 1) => add("skipped", n),
    failed: (key?: unknown, reason?: unknown) => {
      emit({
        type: "failed-record",
        key: key === undefined || key === null ? null : textOf(key, MAX_RECORD_KEY),
        reason: reason === undefined || reason === null ? null : textOf(reason, MAX_RECORD_REASON),
      });
      add("failed", 1);
    },
  });
  return { records, counts };
}
