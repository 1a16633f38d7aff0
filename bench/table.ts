// A plain table on stdout: what was measured, the figure, what it should be, and the ratio to a peer.

export interface Row {
  what: string;
  figure: string;
  goal: string;
  reached: boolean | null;
  peer?: string;
}

export function printTable(title: string, rows: readonly Row[]): void {
  const cells = [
    ["measured", "figure", "goal", "", "beside it"],
    ...rows.map((row) => [
      row.what,
      row.figure,
      row.goal,
      row.reached === null ? "" : row.reached ? "reached" : "NOT REACHED",
      row.peer ?? "",
    ]),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  console.log(`\n${title}`);
  cells.forEach((line, n) => {
    console.log(`| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`);
    if (n === 0) console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
