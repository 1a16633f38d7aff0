// Keeps rows where they are while somebody points at them: new facts in old places, new rows only counted.

export interface Steady<T> {
  rows: readonly T[];
  /** Rows that wait to be shown. */
  waiting: number;
}

/**
 * The rows to show while a list is held: those of `shown`, in their order, with what `fresh` says of them now. What only
 * `fresh` has waits. A row that is gone stays as it was last seen.
 */
export function steady<T>(shown: readonly T[], fresh: readonly T[], keyOf: (row: T) => string): Steady<T> {
  const now = new Map(fresh.map((row) => [keyOf(row), row]));
  const known = new Set(shown.map(keyOf));
  return {
    rows: shown.map((row) => now.get(keyOf(row)) ?? row),
    waiting: fresh.filter((row) => !known.has(keyOf(row))).length,
  };
}
