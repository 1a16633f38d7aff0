// What one attempt has told so far: its log lines numbered and capped, its counts, progress, refused records, values.
import { LINE_COST, lineBytes } from "../log-size.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import type { FailedRecord, Telling } from "./store.ts";
import type { LogLine } from "./task-run.ts";

export interface OutputLimits {
  /** Bytes kept of a run's log, over all its attempts: text, fields, and `LINE_COST` a line (L1). */
  logBytes: number;
  /** Refused records kept with key and reason; the rest is only counted. */
  failedRecords: number;
}

/** So many characters of lines are told together, and are worth telling at once. */
export const MUCH = 256 * 1024;

/** A line as the sandbox hands it on: not numbered yet. */
export type UnnumberedLine = Omit<LogLine, "seq" | "attempt">;

/** Where an attempt goes on, when attempts before it have told already. */
export interface OutputStart {
  runId: string;
  attempt: number;
  /** Number of the first line. */
  logFrom: number;
  /** Of the lines that are kept, and of those that are not. */
  logBytes: number;
  droppedBytes: number;
}

export class Output {
  readonly #start: OutputStart;
  readonly #limits: OutputLimits;
  #records: RecordCounts = { processed: 0, success: 0, failed: 0, skipped: 0 };
  #progress: { percent: number; message: string | null } | null = null;
  #lines: LogLine[] = [];
  /** Characters of their texts. */
  #waiting = 0;
  #failed: FailedRecord[] = [];
  #seq: number;
  #failedSeq = 0;
  #bytes: number;
  /** Of this attempt. */
  #droppedBytes = 0;
  #droppedLines = 0;
  #dirty = false;
  /** Taken, and nobody knows yet whether it has arrived. */
  #underWay: Telling | null = null;
  #over = false;
  /** Hears that MUCH or more waits to be taken, with each line that comes then. */
  onMuch: () => void = () => undefined;
  /** Values that the job set; undefined removes. Written with the finish. */
  readonly values = new Map<string, unknown>();

  constructor(start: OutputStart, limits: OutputLimits) {
    this.#start = start;
    this.#limits = limits;
    this.#seq = start.logFrom;
    this.#bytes = start.logBytes;
  }

  /** Bytes of log that may still be kept. */
  get room(): number {
    return Math.max(0, this.#limits.logBytes - this.#bytes - LINE_COST * (this.#seq - 1));
  }

  /** Keeps lines up to the cap (L1); what comes after it is only measured. */
  lines(lines: readonly UnnumberedLine[]): void {
    this.#dirty = true;
    for (const line of lines) {
      const bytes = lineBytes(line);
      if (bytes + LINE_COST > this.room || this.#droppedLines > 0) {
        this.#droppedBytes += bytes;
        this.#droppedLines++;
        continue;
      }
      this.#bytes += bytes;
      this.#lines.push({ ...line, seq: this.#seq++, attempt: this.#start.attempt });
      this.#waiting += line.text.length;
    }
    if (this.#waiting >= MUCH) this.onMuch();
  }

  /** Characters of the lines that are not taken yet. */
  get waiting(): number {
    return this.#waiting;
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

  /** True when something was told since the last `take`, and the end is not taken yet. */
  get dirty(): boolean {
    return this.#dirty && !this.#over;
  }

  /**
   * What is not taken yet, with the totals. Whoever takes says what became of it, by `arrived` or `putBack`, before
   * taking again. With `mostLines` or `mostBytes` (of text) the rest waits for the next time: ten megabytes at once would
   * keep all others from telling.
   */
  take(mostLines = Infinity, mostBytes = Infinity): Telling {
    const { runId, attempt } = this.#start;
    // In place: a copy of what is left, at each time, would be more than the lines themselves.
    const lines = this.#lines.splice(0, countOf(this.#lines, mostLines, mostBytes));
    const failedRecords = this.#failed;
    this.#waiting -= lengthOf(lines);
    this.#failed = [];
    this.#dirty = this.#lines.length > 0;
    this.#underWay = {
      runId,
      attempt,
      records: this.#records,
      progress: this.#progress,
      log: this.#totals(),
      lines,
      failedRecords,
    };
    return this.#underWay;
  }

  /** What was taken has been written. */
  arrived(taken: Telling): void {
    if (this.#underWay === taken) this.#underWay = null;
  }

  /** What was taken could not be written: it goes out with the next. */
  putBack(taken: Telling): void {
    if (this.#underWay !== taken) return;
    this.#underWay = null;
    this.#lines = [...taken.lines, ...this.#lines];
    this.#waiting += lengthOf(taken.lines);
    this.#failed = [...taken.failedRecords, ...this.#failed];
    this.#dirty = true;
  }

  /**
   * The last `take`, with a mark where lines were dropped. What is under way goes out once more with it (`retold`): should
   * it not arrive, nobody would tell it any longer.
   */
  takeLast(now: number): Telling & { retold: boolean } {
    const retold = this.#underWay !== null;
    if (this.#underWay) this.putBack(this.#underWay);
    this.#over = true;
    if (this.#droppedLines > 0) {
      const text = `[jobmount] ${this.#droppedLines} lines (${this.#droppedBytes} bytes) were dropped here: a run keeps ${this.#limits.logBytes} bytes of log, its text and ${LINE_COST} bytes a line`;
      this.#lines.push({
        seq: this.#seq++,
        time: now,
        level: "warn",
        stream: "log",
        attempt: this.#start.attempt,
        text,
      });
    }
    return { ...this.take(), retold };
  }

  #totals(): Telling["log"] {
    const droppedBytes = this.#start.droppedBytes + this.#droppedBytes;
    return { lines: this.#seq - 1, bytes: this.#bytes, droppedBytes };
  }
}

/** How many of them go together: at least one, if there is one. */
function countOf(lines: readonly LogLine[], most: number, mostBytes: number): number {
  let end = 0;
  for (let size = 0; end < lines.length && end < most; end++) {
    size += lines[end]!.text.length;
    if (end > 0 && size > mostBytes) break;
  }
  return end;
}

const lengthOf = (lines: readonly LogLine[]) => lines.reduce((sum, { text }) => sum + text.length, 0);
