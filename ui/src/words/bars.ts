// Heights of bars: durations and counts spread over decades, so a square root keeps the small ones visible.

/** One height for each, at least 4 and at most 7 below `most`: the room above is for a mark. */
export function barHeights(runs: readonly { durationMs?: number | null }[], most: number): number[] {
  const room = most - 7;
  const longest = Math.max(1, ...runs.map(({ durationMs }) => durationMs ?? 0));
  return runs.map(({ durationMs }) =>
    typeof durationMs !== "number" ? 4 : Math.max(4, Math.round(Math.sqrt(durationMs / longest) * room)),
  );
}

/** A round number not below the largest value: the top of an axis. */
export function axisTop(values: readonly number[]): number {
  const most = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= most) ?? most;
}
