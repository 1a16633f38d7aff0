// The lines of one stream with a secret of several lines taken out: a line waits as long as it may be the start of one.
import { Form, MASK, type Masker } from "./masker.ts";

/** Lines in, lines out, each with what else it has; those that went into a secret become one. */
export class MaskedLines<L extends { text: string }> {
  readonly #masker: Masker;
  readonly #forms: readonly Form[];
  #waiting: L[] = [];

  constructor(masker: Masker) {
    this.#masker = masker;
    this.#forms = masker.overLines.map(({ text }) => new Form(text));
  }

  /** The lines that are decided now. */
  push(lines: readonly L[]): L[] {
    this.#waiting.push(...lines);
    return this.#take(false);
  }

  /** The stream has ended: what only began like a secret was none. */
  flush(): L[] {
    return this.#take(true);
  }

  #take(all: boolean): L[] {
    this.#hide();
    const keep = all ? 0 : this.#undecided();
    const out = this.#waiting.splice(0, this.#waiting.length - keep);
    return out.map((line) => ({ ...line, text: this.#masker.text(line.text) }));
  }

  /** Whole secrets over several lines: what is left of their first and last line is one line. */
  #hide(): void {
    for (const form of this.#forms) {
      for (;;) {
        const all = this.#waiting.map(({ text }) => text).join("\n");
        const at = all.indexOf(form.text);
        if (at < 0) break;
        const first = lineAt(all, at);
        const last = lineAt(all, at + form.text.length);
        const before = all.slice(all.lastIndexOf("\n", at - 1) + 1, at);
        const end = all.indexOf("\n", at + form.text.length);
        const after = all.slice(at + form.text.length, end < 0 ? undefined : end);
        const line = { ...this.#waiting[first]!, text: `${before}${MASK}${after}` };
        this.#waiting.splice(first, last - first + 1, line);
      }
    }
  }

  /** How many of the last lines may be the start of a secret that goes on. */
  #undecided(): number {
    // The line break behind the last line belongs to what may go on.
    const all = `${this.#waiting.map(({ text }) => text).join("\n")}\n`;
    const held = Math.max(0, ...this.#forms.map((form) => form.beginningAt(all, 1)));
    return held === 0 ? 0 : all.slice(all.length - held).split("\n").length - 1;
  }
}

/** Number of the line in which this character stands. */
function lineAt(text: string, at: number): number {
  let line = 0;
  for (let i = text.indexOf("\n"); i >= 0 && i < at; i = text.indexOf("\n", i + 1)) line++;
  return line;
}
