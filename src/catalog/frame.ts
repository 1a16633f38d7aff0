// Code frames: the lines around a place, with a caret under the column.

const AROUND = 2;
const WIDTH = 120;

/** `line` and `column` count from 1. Lines that do not exist give an empty frame. */
export function codeFrame(text: string, line: number, column: number | null): string {
  const lines = text.split(/\r\n|\n|\r/);
  if (line < 1 || line > lines.length) return "";
  const from = Math.max(1, line - AROUND);
  const to = Math.min(lines.length, line + AROUND);
  const digits = String(to).length;
  // A minified file has one line of a megabyte: only a window around the column is shown.
  const cut = column !== null && column > WIDTH - 20 ? column - WIDTH / 2 : 0;
  const frame: string[] = [];
  for (let n = from; n <= to; n++) {
    const shown = visible((lines[n - 1] ?? "").slice(cut, cut + WIDTH));
    frame.push(`${n === line ? ">" : " "} ${String(n).padStart(digits)} | ${shown}`.trimEnd());
    if (n === line && column !== null) {
      frame.push(`  ${" ".repeat(digits)} | ${" ".repeat(Math.max(0, column - 1 - cut))}^`);
    }
  }
  return frame.join("\n");
}

/** A tab takes one column in every count, and control characters must not reach a terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
