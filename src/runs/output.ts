// What one attempt has told so far: its log lines numbered and capped, its counts, progress, refused records, values.
import type { RecordCounts } from "../sdk/spec.ts";
import type { FailedRecord, Telling } from "./store.ts";
import type { LogLine } from "./task-run.ts";

export interface OutputLimits {
  /** Bytes of log text kept of a run. */
  logBytes: number;
  /** Refused records kept with key and reason; the rest is only counted. */
  failedRecords: number;
}

/** A line as the sandbox hands it on: not numbered yet. */
export type UnnumberedLine = Omit<LogLine, "seq" | "attempt">;

/** An attempt's first numbers, when attempts before it have told already. */
export interface OutputStart {
  runId: string;
  attempt: number;
  /** Number of the first line. */
  logFrom: number;
}

export class Output {
  readonly #start: OutputStart;
  readonly #limits: OutputLimits;
  #records: RecordCounts = { processed: 0, success: 0, failed: 0, skipped: 0 };
  #progress: { percent: number; message: string | null } | null = null;
  #lines: LogLine[] = [];
  #failed: FailedRecord[] = [];
  #seq: number;
  #failedSeq = 0;
  #bytes = 0;
  #droppedBytes = 0;
  #droppedLines = 0;
  #dirty = false;
  /** Values that the job set; undefined removes. Written with the finish. */
  readonly values = new Map<string, unknown>();

  constructor(start: OutputStart, limits: OutputLimits) {
    this.#start = start;
    this.#limits = limits;
    this.#seq = start.logFrom;
  }

  /** Keeps lines up to the cap (L1); what comes after it is only measured. */
  lines(lines: readonly UnnumberedLine[]): void {
    this.#dirty = true;
    for (const line of lines) {
      const bytes = Buffer.byteLength(line.text);
      if (this.#bytes + bytes > this.#limits.logBytes || this.#droppedLines > 0) {
        this.#droppedBytes += bytes;
        this.#droppedLines++;
        continue;
      }
      this.#bytes += bytes;
      this.#lines.push({ ...line, seq: this.#seq++, attempt: this.#start.attempt });
    }
  }

  /** Output that came after the cap, and was not even read. */
  dropped(lines: number, bytes: number): void {
    this.#dirty = true;
    this.#droppedLines += Math.max(1, lines);
    this.#droppedBytes += bytes;
  }

  records(counts: RecordCounts, failed: readonly { key: string | null; reason: string | null }[]): void {
    this.#dirty = true;
    this.#records = counts;
    for (const { key, reason } of failed) {
      if (this.#failedSeq < this.#limits.failedRecords)
        this.#failed.push({ seq: ++this.#failedSeq, key, reason });
    }
  }

  progress(percent: number, message: string | null): void {
    this.#dirty = true;
    this.#progress = { percent, message };
  }

  state(key: string, value: unknown): void {
    this.values.set(key, value);
  }

  get counts(): RecordCounts {
    return this.#records;
  }

  /** True when something was told since the last `take`. */
  get dirty(): boolean {
    return this.#dirty;
  }

  /**
   * What is not taken yet, with the totals; it is not kept here any longer. With `mostLines` the rest waits for the next
   * time: ten megabytes in one statement would cost the service ten times as much.
   */
  take(mostLines = Infinity): Telling {
    const { runId, attempt } = this.#start;
    const lines = this.#lines.slice(0, mostLines);
    const failedRecords = this.#failed;
    this.#lines = this.#lines.slice(lines.length);
    this.#failed = [];
    this.#dirty = this.#lines.length > 0;
    return {
      runId,
      attempt,
      records: this.#records,
      progress: this.#progress,
      log: this.#totals(),
      lines,
      failedRecords,
    };
  }

  /** What was taken could not be written: it goes out with the next. */
  putBack({ lines, failedRecords }: Telling): void {
    this.#lines = [...lines, ...this.#lines];
    this.#failed = [...failedRecords, ...this.#failed];
    this.#dirty = true;
  }

  /** The last `take`, with a mark where lines were dropped. */
  takeLast(now: number): Telling {
    if (this.#droppedLines > 0) {
      const text = `[jobmount] ${this.#droppedLines} lines (${this.#droppedBytes} bytes) were dropped here: a run keeps ${this.#limits.logBytes} bytes of log`;
      this.#lines.push({
        seq: this.#seq++,
        time: now,
        level: "warn",
        stream: "log",
        attempt: this.#start.attempt,
        text,
      });
    }
    return this.take();
  }

  #totals(): Telling["log"] {
    return { lines: this.#seq - 1, bytes: this.#bytes, droppedBytes: this.#droppedBytes };
  }
}
