// What a child's processes write to stdout and stderr directly, as log lines; bounded, whatever comes.
import { readSync } from "node:fs";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { LineCutter } from "./lines.ts";
import type { ToldLine } from "./protocol.ts";

const KEPT_ERRORS = 4_000;
const NEWLINE = 10;
/** Lines are made of at most about 6 MB a second: more at once would be memory that the service never gives back. */
const FLOOD_BYTES = 32 * 1024;
const REST_MS = 10;
/** What is only measured is read into one buffer: a new one for each chunk was 100 MiB until they were collected. */
const SCRATCH = Buffer.allocUnsafe(64 * 1024);
const SWALLOW_MS = 1;
const SWALLOW_BYTES = 1024 * 1024;

export interface RawListener {
  lines(lines: ToldLine[]): void;
  /** No more is kept of this attempt: what comes is only measured. */
  isFull(): boolean;
  dropped(lines: number, bytes: number, last: string): void;
}

export class RawLines {
  readonly #streams: RawStream[];
  #lastErrors = "";
  /** Anything was ever written past the log. */
  heard = false;

  constructor(pipes: { stdout: Readable; stderr: Readable }, listener: RawListener) {
    const line = (stream: "stdout" | "stderr") => (texts: string[]) => {
      if (stream === "stderr")
        this.#lastErrors = `${this.#lastErrors}${texts.join("\n")}\n`.slice(-KEPT_ERRORS);
      this.heard = true;
      const time = Date.now();
      listener.lines(
        texts.map((text) => ({ time, level: stream === "stdout" ? "info" : "error", stream, text })),
      );
    };
    this.#streams = [
      new RawStream(pipes.stdout, line("stdout"), listener),
      new RawStream(pipes.stderr, line("stderr"), listener),
    ];
  }

  /** Hands out what no line break has ended yet. */
  flush(): void {
    for (const stream of this.#streams) stream.flush();
  }

  /** From here on another attempt writes: what an earlier one wrote explains nothing of it. */
  begins(): void {
    this.#lastErrors = "";
  }

  get lastErrors(): string {
    return this.#lastErrors;
  }
}

class RawStream {
  readonly #decoder = new StringDecoder("utf8");
  readonly #cutter = new LineCutter();
  readonly #lines: (texts: string[]) => void;
  readonly #listener: RawListener;
  readonly #stream: Readable;
  /** Its stream is paused for a moment. */
  #rests = false;

  constructor(stream: Readable, lines: (texts: string[]) => void, listener: RawListener) {
    this.#stream = stream;
    this.#lines = lines;
    this.#listener = listener;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  flush(): void {
    // What waits because its stream rests belongs to the attempt that is over.
    while (this.#rests && this.#stream.read() !== null);
    for (let n = 1; this.#rests && n > 0;)
      if ((n = this.#readDirectly()) > 0) this.#take(SCRATCH.subarray(0, n));
    const rest = this.#cutter.flush();
    if (rest !== undefined) this.#lines([rest]);
  }

  #take(chunk: Buffer): void {
    if (this.#listener.isFull()) {
      this.#measure(chunk);
      return this.#rest(SWALLOW_MS);
    }
    const texts = this.#cutter.push(this.#decoder.write(chunk));
    if (texts.length > 0) this.#lines(texts);
    // Only whole pipes are a flood. What it writes waits in the pipe, and the job with it.
    if (chunk.length >= FLOOD_BYTES) this.#rest(REST_MS);
  }

  /** A gigabyte of output is only counted: making text of it would cost other runs their time. */
  #measure(chunk: Buffer): void {
    const last = chunk.toString("utf8", Math.max(0, chunk.length - 1_000)).trimEnd();
    this.#listener.dropped(linesIn(chunk), chunk.length, last.slice(last.lastIndexOf("\n") + 1));
  }

  #rest(ms: number): void {
    if (this.#rests) return;
    this.#rests = true;
    this.#stream.pause();
    setTimeout(() => this.#goOn(), ms);
  }

  /** As long as more comes than is kept, it is read past the stream; the stream says when something comes again. */
  #goOn(): void {
    let swallowed = 0;
    while (this.#listener.isFull() && swallowed < SWALLOW_BYTES) {
      const n = this.#readDirectly();
      if (n <= 0) break;
      swallowed += n;
      this.#measure(SCRATCH.subarray(0, n));
    }
    if (swallowed > 0) return void setTimeout(() => this.#goOn(), SWALLOW_MS);
    this.#rests = false;
    this.#stream.resume();
  }

  /** 0 or less: nothing is there now, it has ended, or its descriptor is not to be had. */
  #readDirectly(): number {
    const { _handle } = this.#stream as { _handle?: { fd?: number } | null };
    if (_handle?.fd === undefined || _handle.fd < 0) return 0;
    try {
      return readSync(_handle.fd, SCRATCH);
    } catch {
      return 0;
    }
  }
}

function linesIn(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
