// Durations as people write them: "500ms", "10s", "5m", "1h", "1d".

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration text, or undefined when it is not one. A number of digits needs its unit. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * UNITS[match[2]!]!;
}

/** "1h 2m 3s", "850ms", "366d": for sentences, two or three units at most. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1000);
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    // Whoever counts in days does not miss the seconds.
    if (n > 0 || (parts.length > 0 && unit === "s" && ms < 86_400_000)) parts.push(`${n}${unit}`);
  }
  return parts.slice(0, 3).join(" ") || "0s";
}
