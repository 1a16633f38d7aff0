// What /proc says of the processes of this machine; empty where there is none.
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessFacts {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** It has ended, and waits for nothing but to be counted by its parent. */
  zombie: boolean;
  /** Page faults of its ended children: above 0 when it made a process that has ended. */
  childFaults: number;
  residentPages: number;
  /** In ticks since the machine started; tells it from a later process with the same number. */
  startedAt: number;
}

export function processIds(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Undefined when it is gone. */
export function readProcess(pid: number | "self"): ProcessFacts | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Pure. `proc(5)`: the name in brackets may hold anything, so what is read stands behind the last bracket. */
export function parseStat(stat: string): ProcessFacts {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const number = (n: number) => Number(fields[n]);
  return {
    pid: Number.parseInt(stat, 10),
    parent: number(1),
    group: number(2),
    session: number(3),
    zombie: fields[0] === "Z" || fields[0] === "X",
    childFaults: number(8) + number(10),
    residentPages: number(21),
    startedAt: number(19),
  };
}
