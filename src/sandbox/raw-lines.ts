// What a child's processes write to stdout and stderr directly, as log lines; bounded, whatever comes.
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { ToldLine } from "./protocol.ts";

const MAX_LINE = 16 * 1024;
const KEPT_ERRORS = 4_000;

export class RawLines {
  readonly #streams: RawStream[];
  #lastErrors = "";

  constructor(pipes: { stdout: Readable; stderr: Readable }, heard: (lines: ToldLine[]) => void) {
    const line = (stream: "stdout" | "stderr") => (texts: string[]) => {
      if (stream === "stderr")
        this.#lastErrors = `${this.#lastErrors}${texts.join("\n")}\n`.slice(-KEPT_ERRORS);
      const time = Date.now();
      heard(texts.map((text) => ({ time, level: stream === "stdout" ? "info" : "error", stream, text })));
    };
    this.#streams = [
      new RawStream(pipes.stdout, line("stdout")),
      new RawStream(pipes.stderr, line("stderr")),
    ];
  }

  /** Hands out lines that no line break has ended yet. */
  flush(): void {
    for (const stream of this.#streams) stream.flush();
  }

  get lastErrors(): string {
    return this.#lastErrors;
  }
}

class RawStream {
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines: (texts: string[]) => void;
  #rest = "";
  /** Inside a line that is longer than allowed: its tail is passed over. */
  #skipping = false;

  constructor(stream: Readable, lines: (texts: string[]) => void) {
    this.#lines = lines;
    stream.on("data", (chunk: Buffer) => this.#push(this.#decoder.write(chunk)));
  }

  flush(): void {
    if (this.#rest === "") return;
    const rest = this.#rest;
    this.#rest = "";
    this.#lines([rest]);
  }

  #push(text: string): void {
    const parts = text.split("\n");
    const texts: string[] = [];
    parts.forEach((part, i) => {
      const ended = i < parts.length - 1;
      if (!this.#skipping) this.#rest += part;
      if (this.#rest.length > MAX_LINE) {
        texts.push(`${this.#rest.slice(0, MAX_LINE)}… (cut)`);
        this.#rest = "";
        this.#skipping = true;
      }
      if (ended) {
        if (!this.#skipping) texts.push(this.#rest);
        this.#rest = "";
        this.#skipping = false;
      }
    });
    if (texts.length > 0) this.#lines(texts);
  }
}
