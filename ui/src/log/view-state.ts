// What of a log is shown: the rows after the filters, and the finds of the search.
import { plainText } from "./ansi.ts";
import { finderOf } from "./highlight.ts";
import { type Level, type Line, reaches } from "./line.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { positionOf, SeqIndex } from "./seq-index.ts";

export interface LogFilter {
  /** This level and those above it. */
  level: Level;
  /** Null for all attempts. */
  attempt: number | null;
}

export const NO_FILTER: LogFilter = { level: "debug", attempt: null };

/** The rows of a list, whatever is filtered: row by row the number of a line. */
export interface Rows {
  readonly count: number;
  seqAt(row: number): number;
  /** The row of a line, or of the next one that is shown. */
  rowOf(seq: number): number;
}

const passes = ({ level, attempt }: LogFilter, line: Line): boolean =>
  reaches(line.level, level) && (attempt === null || line.attempt === attempt);

export const isFiltering = ({ level, attempt }: LogFilter): boolean => level !== "debug" || attempt !== null;

/** Without a filter every number has its row, also those of lines that are not here yet. */
export function allRows(buffer: LogBuffer): Rows {
  return {
    get count() {
      return buffer.count;
    },
    seqAt: (row) => row + 1,
    rowOf: (seq) => Math.max(0, Math.min(seq, buffer.count) - 1),
  };
}

export function rowsOf(seqs: readonly number[]): Rows {
  return {
    count: seqs.length,
    seqAt: (row) => seqs[row] ?? 0,
    rowOf: (seq) => Math.max(0, Math.min(positionOf(seqs, seq), seqs.length - 1)),
  };
}

export function filterIndex(buffer: LogBuffer, filter: LogFilter): SeqIndex {
  return new SeqIndex(buffer, (line) => passes(filter, line));
}

/** Lines that are shown and hold the text. */
export function searchIndex(buffer: LogBuffer, filter: LogFilter, search: string): SeqIndex {
  const finder = finderOf(search, "iu");
  return new SeqIndex(buffer, (line) => passes(filter, line) && finder?.test(plainText(line.text)) === true);
}
