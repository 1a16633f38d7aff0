// What an attempt with secrets tells, on its way to its output: masked before anything is kept or shown (L3).
import type { RecordCounts } from "../sdk/spec.ts";
import { MaskedLines } from "./masked-lines.ts";
import type { Masker } from "./masker.ts";
import type { Output, UnnumberedLine } from "./output.ts";

type Stream = UnnumberedLine["stream"];

/** Hears what an output hears. Durable values pass unmasked: the job must get them back as they were. */
export class MaskedOutput {
  readonly #output: Output;
  readonly #masker: Masker;
  readonly #streams = new Map<Stream, MaskedLines<UnnumberedLine>>();
  readonly #overLines: boolean;

  constructor(output: Output, masker: Masker) {
    this.#output = output;
    this.#masker = masker;
    this.#overLines = masker.overLines.length > 0;
  }

  lines(lines: readonly UnnumberedLine[]): void {
    const masked = this.#overLines ? this.#inStreams(lines) : lines.map((line) => this.#whole(line));
    if (masked.length > 0) this.#output.lines(masked.map((line) => this.#withFields(line)));
  }

  dropped(lines: number, bytes: number): void {
    this.#output.dropped(lines, bytes);
  }

  records(counts: RecordCounts, failed: readonly { key: string | null; reason: string | null }[]): void {
    this.#output.records(
      counts,
      failed.map(({ key, reason }) => ({ key: this.#orNull(key), reason: this.#orNull(reason) })),
    );
  }

  progress(percent: number, message: string | null): void {
    this.#output.progress(percent, this.#orNull(message));
  }

  state(key: string, value: unknown): void {
    // The call in the job has refused such a key; what else is written in its name is not stored in plain text either.
    this.#output.state(this.#masker.text(key), value);
  }

  /** The attempt is over: lines that only began like a secret are told as they are. */
  close(): void {
    const rest = [...this.#streams.values()].flatMap((stream) => stream.flush());
    if (rest.length > 0) this.#output.lines(rest.map((line) => this.#withFields(line)));
  }

  /** A message of the log is whole; what is written to a stream may go on in the next line. */
  #inStreams(lines: readonly UnnumberedLine[]): UnnumberedLine[] {
    const out: UnnumberedLine[] = [];
    for (const line of lines) {
      if (line.stream === "log") out.push(this.#whole(line));
      else out.push(...this.#streamOf(line.stream).push([line]));
    }
    return out;
  }

  #streamOf(name: Stream): MaskedLines<UnnumberedLine> {
    const stream = this.#streams.get(name) ?? new MaskedLines<UnnumberedLine>(this.#masker);
    this.#streams.set(name, stream);
    return stream;
  }

  #whole(line: UnnumberedLine): UnnumberedLine {
    return { ...line, text: this.#masker.text(line.text) };
  }

  #withFields(line: UnnumberedLine): UnnumberedLine {
    if (!line.fields) return line;
    return { ...line, fields: this.#masker.value(line.fields) as Record<string, unknown> };
  }

  #orNull(text: string | null): string | null {
    return text === null ? null : this.#masker.text(text);
  }
}
