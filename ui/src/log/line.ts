// A line of a log as the page keeps it, and what is special about some of them.

import type { LogLine } from "../api/contract.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface Line {
  /** From 1, without a gap over all attempts of the run. */
  seq: number;
  /** Epoch milliseconds. */
  time: number;
  level: Level;
  stream: LogLine["stream"];
  attempt: number;
  /** With its fields as JSON behind it; still with its escape sequences. */
  text: string;
}

export function lineOf({ seq, time, level, stream, attempt, text, fields }: LogLine): Line {
  const shown = fields ? `${text} ${JSON.stringify(fields)}` : text;
  return { seq, time: Date.parse(time), level, stream, attempt, text: shown };
}

/** What the service writes in the place of lines beyond the cap. */
const DROPPED = /^\[jobmount\] (\d+) lines \((\d+) bytes\) were dropped here/;

/** How much was dropped before this line; undefined for a line of the job. */
export function droppedBefore({ level, stream, text }: Line): { lines: number; bytes: number } | undefined {
  if (level !== "warn" || stream !== "log") return undefined;
  const found = DROPPED.exec(text);
  return found ? { lines: Number(found[1]), bytes: Number(found[2]) } : undefined;
}

/** This level and those above it. */
export function reaches(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
