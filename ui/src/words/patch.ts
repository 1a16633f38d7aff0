// A unified diff as lines that can be drawn: numbers on both sides, and which words of a changed line are new.

export type LineKind = "same" | "added" | "removed" | "hunk";

export interface Word {
  text: string;
  /** It is what the other line does not have. */
  changed: boolean;
}

export interface DiffLine {
  kind: LineKind;
  /** Number in the older file. */
  before: number | null;
  after: number | null;
  words: readonly Word[];
}

/** The lines of one file's patch, without its head. */
export function diffLines(patch: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let before = 0;
  let after = 0;
  let inside = false;
  for (const text of patch.replace(/\n$/, "").split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (hunk) {
      inside = true;
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      lines.push({ kind: "hunk", before: null, after: null, words: plain(text) });
      continue;
    }
    if (!inside || text.startsWith("\\")) continue;
    const rest = plain(text.slice(1));
    if (text.startsWith("+")) lines.push({ kind: "added", before: null, after: after++, words: rest });
    else if (text.startsWith("-"))
      lines.push({ kind: "removed", before: before++, after: null, words: rest });
    else lines.push({ kind: "same", before: before++, after: after++, words: rest });
  }
  return withWords(lines);
}

/** Marks what differs inside of lines that stand for each other: as many removed ones as added ones, in a row. */
function withWords(lines: DiffLine[]): DiffLine[] {
  const marked = [...lines];
  for (let at = 0; at < lines.length;) {
    const removed = runOf(lines, at, "removed");
    const added = runOf(lines, at + removed, "added");
    if (removed > 0 && removed === added) {
      for (let i = 0; i < removed; i++) {
        const [one, other] = [lines[at + i]!, lines[at + removed + i]!];
        const [left, right] = compared(textOf(one), textOf(other));
        marked[at + i] = { ...one, words: left };
        marked[at + removed + i] = { ...other, words: right };
      }
    }
    at += Math.max(1, removed + added);
  }
  return marked;
}

function runOf(lines: readonly DiffLine[], from: number, kind: LineKind): number {
  let length = 0;
  while (lines[from + length]?.kind === kind) length += 1;
  return length;
}

/** What two lines begin and end with alike is not marked. */
function compared(a: string, b: string): [Word[], Word[]] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  // Nothing in common: the whole lines are marked by their colour already.
  if (head + tail < Math.min(a.length, b.length) / 3) return [plain(a), plain(b)];
  const cut = (text: string): Word[] =>
    [
      { text: text.slice(0, head), changed: false },
      { text: text.slice(head, text.length - tail), changed: true },
      { text: text.slice(text.length - tail), changed: false },
    ].filter((word) => word.text !== "");
  return [cut(a), cut(b)];
}

const plain = (text: string): Word[] => [{ text, changed: false }];
const textOf = (line: DiffLine): string => line.words.map(({ text }) => text).join("");
