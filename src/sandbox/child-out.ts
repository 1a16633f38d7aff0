// The child's voice: frames out, written at once and whole, and what the job prints as log lines in their order.
import { writeSync } from "node:fs";
import { Writable } from "node:stream";
import type { JobEvent } from "../sdk/context.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { encodeFrame } from "./frames.ts";
import { type FailedRecordTold, type FromChild, OUT_FD, type ToldLine } from "./protocol.ts";

/** Progress and counts travel at most this often; what waits goes out with the end at the latest. */
const EVERY_MS = 100;
const MAX_LINE = 16 * 1024;
const MAX_BATCH_BYTES = 64 * 1024;

// Taken before any job runs: a job may replace these for itself, not for us.
const { now } = Date;
const later = setTimeout;
const never = clearTimeout;

/** Blocking writes: a flooding job waits for the service to read, and nothing is lost at process.exit. */
export function send(...messages: readonly FromChild[]): void {
  const frames = messages.map(encodeFrame);
  writeAll(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
}

function writeAll(bytes: Buffer): void {
  let from = 0;
  while (from < bytes.length) {
    try {
      from += writeSync(OUT_FD, bytes, from);
    } catch (error) {
      // The job may have made the descriptor non-blocking; anything else means that the service is gone.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") process.exit(1);
    }
  }
}

/** Gathers what one attempt tells, so that a million records are not a million frames. */
export class Outgoing {
  #lines: ToldLine[] = [];
  #bytes = 0;
  #counts: RecordCounts | undefined;
  #failed: FailedRecordTold[] = [];
  #progress: { percent: number; message: string | null } | undefined;
  #sentAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #open = true;

  /** For `context.emit`. */
  take(event: JobEvent): void {
    if (!this.#open) return;
    switch (event.type) {
      case "log":
        return this.line({
          time: now(),
          level: event.level,
          stream: "log",
          text: event.text,
          fields: event.fields,
        });
      case "records":
        this.#counts = event.counts;
        break;
      case "failed-record":
        this.#failed.push({ key: event.key, reason: event.reason });
        this.#bytes += (event.key?.length ?? 0) + (event.reason?.length ?? 0);
        break;
      case "progress":
        this.#progress = { percent: event.percent, message: event.message };
        break;
      case "state":
        // At once and in order: what was set before a crash was set.
        this.flush();
        return send({ t: "state", key: event.key, value: event.value });
    }
    this.#due();
  }

  line(line: ToldLine): void {
    if (!this.#open) return;
    const text =
      line.text.length > MAX_LINE
        ? `${line.text.slice(0, MAX_LINE)}… (cut, ${line.text.length} characters)`
        : line.text;
    this.#lines.push({ ...line, text });
    this.#bytes += text.length + 100;
    this.#due();
  }

  flush(): void {
    never(this.#timer);
    this.#timer = undefined;
    this.#sentAt = now();
    this.#bytes = 0;
    const [lines, counts, failed, progress] = [this.#lines, this.#counts, this.#failed, this.#progress];
    this.#lines = [];
    this.#counts = undefined;
    this.#failed = [];
    this.#progress = undefined;
    if (lines.length > 0) send({ t: "log", lines });
    if (counts) send({ t: "records", counts, failed });
    if (progress) send({ t: "progress", ...progress });
  }

  /** Sends what waits; what comes later goes nowhere. */
  close(): void {
    if (!this.#open) return;
    this.flush();
    this.#open = false;
  }

  /** By the clock at each call, since in a synchronous loop no timer fires; by a timer for the rest. */
  #due(): void {
    if (this.#bytes > MAX_BATCH_BYTES || this.#failed.length >= 500 || now() - this.#sentAt >= EVERY_MS)
      return this.flush();
    this.#timer ??= later(() => this.flush(), EVERY_MS).unref();
  }
}

/** Lines out of what is written to stdout or stderr through Node; raw writes to the descriptors the service reads. */
export function captureStream(stream: "stdout" | "stderr", line: (line: ToldLine) => void): () => void {
  let rest = "";
  const level = stream === "stdout" ? "info" : "error";
  const emit = (text: string) => line({ time: now(), level, stream, text });
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const parts = (rest + (typeof chunk === "string" ? chunk : chunk.toString("utf8"))).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) emit(part);
      if (rest.length > MAX_LINE) {
        emit(rest);
        rest = "";
      }
      done();
    },
  });
  Object.defineProperty(process, stream, { configurable: true, enumerable: true, get: () => writable });
  return () => {
    if (rest !== "") emit(rest);
    rest = "";
  };
}
