// What a child's processes write to stdout and stderr directly, as log lines; bounded, whatever comes.
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { LineCutter } from "./lines.ts";
import type { ToldLine } from "./protocol.ts";

const KEPT_ERRORS = 4_000;
const NEWLINE = 10;
/** Lines are made of at most about 6 MB a second: more at once would be memory that the service never gives back. */
const FLOOD_BYTES = 32 * 1024;
const REST_MS = 10;

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

  constructor(stream: Readable, lines: (texts: string[]) => void, listener: RawListener) {
    this.#stream = stream;
    this.#lines = lines;
    this.#listener = listener;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  flush(): void {
    const rest = this.#cutter.flush();
    if (rest !== undefined) this.#lines([rest]);
  }

  #take(chunk: Buffer): void {
    if (this.#listener.isFull()) {
      // A gigabyte of output is only counted: making text of it would cost other runs their time.
      const last = chunk.toString("utf8", Math.max(0, chunk.length - 1_000)).trimEnd();
      return this.#listener.dropped(linesIn(chunk), chunk.length, last.slice(last.lastIndexOf("\n") + 1));
    }
    const texts = this.#cutter.push(this.#decoder.write(chunk));
    if (texts.length > 0) this.#lines(texts);
    if (chunk.length >= FLOOD_BYTES) this.#rest();
  }

  /** Only whole pipes are a flood. What it writes waits in the pipe, and the job with it. */
  #rest(): void {
    this.#stream.pause();
    setTimeout(() => this.#stream.resume(), REST_MS);
  }
}

function linesIn(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
