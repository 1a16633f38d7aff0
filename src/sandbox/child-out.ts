// The child's voice: frames out, written at once and whole, and what the job prints as log lines in their order.
import { writeSync } from "node:fs";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { JobEvent } from "../sdk/context.ts";
import { lineBytes } from "../log-size.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { encodeFrame } from "./frames.ts";
import { cutLine, LineCutter, OutputCap, writtenLength } from "./lines.ts";
import { type FailedRecordTold, type FromChild, NO_PIPE, OUT_FD, type ToldLine } from "./protocol.ts";

/** Progress and counts travel at most this often; what waits goes out with the end at the latest. */
const EVERY_MS = 50;
const QUICK_LINES = 5;
const MAX_LAST = 500;
const MAX_BATCH_BYTES = 64 * 1024;

// Taken before any job runs: a job may replace these for itself, not for us.
const { now } = Date;
const later = setTimeout;
const never = clearTimeout;
const exit = process.exit.bind(process);

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
      // The job may have made the descriptor non-blocking; anything else means that the service is gone, or that the
      // job has taken the pipe away.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") exit(NO_PIPE);
    }
  }
}

/** Gathers what one attempt tells, so that a million records are not a million frames. */
export class Outgoing {
  readonly #cap: OutputCap;
  #lines: ToldLine[] = [];
  #bytes = 0;
  #dropped = { lines: 0, bytes: 0, last: "" };
  #counts: RecordCounts | undefined;
  #failed: FailedRecordTold[] = [];
  #progress: { percent: number; message: string | null } | undefined;
  #sentAt = 0;
  /** Lines that went out at once since `#quickFrom`. */
  #quick = 0;
  #quickFrom = 0;
  #timer: NodeJS.Timeout | undefined;
  #open = true;

  /** `outputBytes`: what is kept of its log lines; the rest is only counted. */
  constructor(outputBytes: number) {
    this.#cap = new OutputCap(outputBytes);
  }

  /** For `context.emit`. */
  take(event: JobEvent): void {
    if (!this.#open) return;
    switch (event.type) {
      case "log":
        return this.line({
          time: now(),
          level: event.level,
          stream: "log",
          text: cutLine(event.text),
          fields: event.fields,
        });
      case "records":
        this.#counts = event.counts;
        break;
      case "failed-record":
        this.#failed.push({ key: event.key, reason: event.reason });
        this.#bytes += (event.key?.length ?? 0) + (event.reason?.length ?? 0);
        // It travels with the counts in which it is counted; they come at once behind it.
        return;
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

  /** No longer than a line may be: those of streams were cut when they were put together. */
  line(line: ToldLine): void {
    if (!this.#open) return;
    const { text } = line;
    const bytes = lineBytes(line);
    if (!this.#cap.fits(bytes)) {
      this.#dropped.lines++;
      this.#dropped.bytes += bytes - text.length + writtenLength(text);
      if (text.trim() !== "") this.#dropped.last = text.slice(0, MAX_LAST);
      return this.#due();
    }
    this.#lines.push(line);
    this.#bytes += bytes + 100;
    if (this.#isQuick()) this.flush();
    else this.#due();
  }

  flush(): void {
    never(this.#timer);
    this.#timer = undefined;
    this.#sentAt = now();
    this.#bytes = 0;
    const [lines, dropped, counts] = [this.#lines, this.#dropped, this.#counts];
    const [failed, progress] = [this.#failed, this.#progress];
    this.#lines = [];
    this.#counts = undefined;
    this.#failed = [];
    this.#progress = undefined;
    if (lines.length > 0) send({ t: "log", lines });
    if (dropped.lines > 0) {
      this.#dropped = { lines: 0, bytes: 0, last: "" };
      send({ t: "dropped", ...dropped });
    }
    if (counts) send({ t: "records", counts, failed });
    if (progress) send({ t: "progress", ...progress });
  }

  /** Sends what waits; what comes later goes nowhere. */
  close(): void {
    if (!this.#open) return;
    this.flush();
    this.#open = false;
  }

  /** The first lines of each moment do not wait: what a job says last before it hangs or dies is what tells why. */
  #isQuick(): boolean {
    if (now() - this.#quickFrom >= EVERY_MS) {
      this.#quickFrom = now();
      this.#quick = 0;
    }
    return ++this.#quick <= QUICK_LINES;
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
  const cutter = new LineCutter();
  const decoder = new StringDecoder("utf8");
  const level = stream === "stdout" ? "info" : "error";
  const emit = (text: string) => line({ time: now(), level, stream, text });
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      for (const text of cutter.push(typeof chunk === "string" ? chunk : decoder.write(chunk))) emit(text);
      done();
    },
  });
  Object.defineProperty(process, stream, { configurable: true, enumerable: true, get: () => writable });
  return () => {
    const rest = cutter.flush();
    if (rest !== undefined) emit(rest);
  };
}
