// What a process costs: its share of all that it uses, and what only it has.
import { readFileSync } from "node:fs";

export function memoryOf(pid: number): { pssMB: number; ownMB: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { pssMB: kb("Pss") / 1024, ownMB: (kb("Private_Clean") + kb("Private_Dirty")) / 1024 };
}
