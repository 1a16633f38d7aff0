// JSON texts that stand one a line: only a line feed ends a line, whatever else some reader takes for an end.
import type { Readable } from "node:stream";

/** Without the two characters that JSON leaves as they are and that readline takes for line ends from Node 24 on. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The lines of a text in UTF-8; a carriage return before the line feed is none of theirs. */
export async function* linesIn(input: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  const whole = (end: string) => [...rest, end].join("").replace(/\r$/, "");
  for await (const chunk of input as AsyncIterable<Uint8Array | string>) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const parts = text.split("\n");
    for (const part of parts.slice(0, -1)) {
      yield whole(part);
      rest = [];
    }
    rest.push(parts.at(-1)!);
  }
  const last = whole(decoder.decode());
  if (last !== "") yield last;
}
