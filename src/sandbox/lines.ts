// Log lines out of text that comes in pieces, and how much of them is kept of one attempt (L1).
import { LINE_COST } from "../log-size.ts";

const MAX_LINE = 16 * 1024;

/** A line that is too long is cut, with its length told; not more than that is ever held of it. */
export class LineCutter {
  #rest = "";
  #length = 0;

  /** The lines that are whole now. */
  push(text: string): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      this.#take(text, from, end);
      lines.push(this.#end());
      from = end + 1;
    }
    this.#take(text, from, text.length);
    return lines;
  }

  /** What no line break has ended yet. */
  flush(): string | undefined {
    return this.#length > 0 ? this.#end() : undefined;
  }

  #take(text: string, from: number, end: number): void {
    this.#length += end - from;
    const room = MAX_LINE - this.#rest.length;
    if (room > 0 && end > from) this.#rest += text.slice(from, Math.min(end, from + room));
  }

  #end(): string {
    const [rest, length] = [this.#rest, this.#length];
    this.#rest = "";
    this.#length = 0;
    return length > MAX_LINE ? `${rest}… (cut, ${length} characters)` : rest;
  }
}

/** How long a line was before it was cut: only those that were are longer than a line may be. */
export function writtenLength(text: string): number {
  if (text.length <= MAX_LINE) return text.length;
  return Number(/\(cut, (\d+) characters\)$/.exec(text)?.[1] ?? text.length);
}

/** A line that came whole, no longer than it may be. */
export function cutLine(text: string): string {
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}… (cut, ${text.length} characters)` : text;
}

/** Once a line did not fit, none of the attempt does: a log with holes would lie. */
export class OutputCap {
  readonly #most: number;
  #used = 0;
  #full = false;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Whether a line that says so many bytes is still kept. */
  fits(bytes: number): boolean {
    this.#used += bytes + LINE_COST;
    this.#full ||= this.#used > this.#most;
    return !this.#full;
  }
}
