// The terminal as verbs see it: data out, text out, questions, colours, and one status line that redraws itself.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CliError, EXIT } from "./exit.ts";

export interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** False switches colours off also on a terminal. */
  colour: boolean;
}

export type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

const CODES: Record<Colour, number> = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 };

export class Terminal {
  readonly #streams: Streams;
  #status = "";

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Whether somebody sits there who can answer questions. */
  get interactive(): boolean {
    return this.#streams.stdin.isTTY === true && this.#streams.stderr.isTTY === true;
  }

  /** Whether text is read by a person and not kept in a file. */
  get live(): boolean {
    return this.#streams.stderr.isTTY === true;
  }

  /** Whether data is read by a person: then nothing in it may take hold of the terminal. */
  get dataLive(): boolean {
    return this.#streams.stdout.isTTY === true;
  }

  get stdin(): NodeJS.ReadStream {
    return this.#streams.stdin;
  }

  /** Data, on stdout. */
  data(text: string): void {
    this.#clearStatus();
    this.#streams.stdout.write(`${text}\n`);
    this.#drawStatus();
  }

  json(value: unknown): void {
    this.data(JSON.stringify(value, null, 2));
  }

  /** Text for people, on stderr. */
  say(text: string): void {
    this.#clearStatus();
    this.#streams.stderr.write(`${text}\n`);
    this.#drawStatus();
  }

  /** A line at the bottom that the next one replaces; nothing is written where no terminal is. "" removes it. */
  status(text: string): void {
    if (!this.live) return;
    this.#clearStatus();
    // A terminal that does not know its size says 0.
    this.#status = oneLine(text, (this.#streams.stderr.columns || 80) - 1);
    this.#drawStatus();
  }

  paint(colour: Colour, text: string): string {
    return this.live && this.#streams.colour ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
  }

  get colours(): boolean {
    return this.live && this.#streams.colour;
  }

  /** Asks on the terminal. What is typed stays unseen when `hidden`. */
  async ask(question: string, options: { hidden: boolean; signal: AbortSignal }): Promise<string> {
    const { stdin, stderr } = this.#streams;
    let muted = false;
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (!muted) stderr.write(chunk);
        done();
      },
    });
    const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
    let interrupted = (): void => undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        interrupted = () => reject(new CliError(EXIT.interrupted, "interrupted"));
        // In raw mode Ctrl-C is a key and no signal, and a closed terminal is an end without an answer.
        lines.on("SIGINT", interrupted);
        lines.on("close", interrupted);
        options.signal.addEventListener("abort", interrupted, { once: true });
        lines.question(`${question}: `, resolve);
        muted = options.hidden;
      });
    } finally {
      // Ours alone: by its own listener readline lets go of the keys. One that does not goes on showing what is typed,
      // also what the next question hides.
      lines.off("close", interrupted);
      options.signal.removeEventListener("abort", interrupted);
      lines.close();
      if (options.hidden) stderr.write("\n");
    }
  }

  #clearStatus(): void {
    if (this.#status) this.#streams.stderr.write("\r\x1b[K");
  }

  #drawStatus(): void {
    if (this.#status) this.#streams.stderr.write(this.#status);
  }
}

/** Columns as wide as their widest cell; for lists of a few dozen rows. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * Text that a job or a server wrote, made safe for a terminal: control characters could move the cursor or change the
 * title. Colours stay.
 */
export function printable(text: string): string {
  const safe = text.replace(
    /\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g,
    "\ufffd",
  );
  return safe.includes("\u001b") ? `${safe}\u001b[0m` : safe;
}

function oneLine(text: string, width: number): string {
  const line = text.replace(/\u001b\[[\d;]*m/g, "").replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ");
  return line.length > width ? `${line.slice(0, Math.max(width - 1, 0))}…` : line;
}
