// The log as text, for the clipboard and for a file.
import { plainText } from "./ansi.ts";
import { type Line } from "./line.ts";

/** One line, as GET /runs/{id}/logs gives it as plain text. */
export function lineText({ time, level, text }: Line): string {
  return `${new Date(time).toISOString()} ${level.toUpperCase().padEnd(5)} ${plainText(text)}`;
}
