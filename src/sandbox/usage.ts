// What the processes of children use: their number and their private memory, whoever made them and wherever they went.
import { readdirSync, readFileSync } from "node:fs";
import { markOf } from "./marks.ts";
import { type ProcessFacts, processIds, readProcess } from "./processes.ts";

const PAGE = 4096;

export interface Usage {
  processes: number;
  /** Resident and private: what a process shares with others (the program's code) is nobody's. */
  bytes: number;
}

/** Private memory of one process in bytes; 0 when it is gone, or where the system does not say. */
export function privateBytes(pid: number | undefined): number {
  try {
    const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ");
    return (Number(resident) - Number(shared)) * PAGE;
  } catch {
    return 0;
  }
}

/** Whether its main thread has children that live. */
export function hasChildren(pid: number): boolean {
  return threadHasChildren(pid, pid);
}

/** The same for all its threads: the kernel lists a process with the thread that made it. About ten times as dear. */
export function anyThreadHasChildren(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((thread) => threadHasChildren(pid, thread));
  } catch {
    return false;
  }
}

function threadHasChildren(pid: number, thread: number | string): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1") !== "";
  } catch {
    return false;
  }
}

/** Whether it has ever made a process that has ended. */
export function hadChildren(pid: number): boolean {
  return (readProcess(pid)?.childFaults ?? 0) > 0;
}

/**
 * Which child every process of this machine belongs to: by its mark, else by its group, else by its parent. Marks are
 * read once a process: they never change.
 */
export class Census {
  #known = new Map<number, { startedAt: number; mark: string | undefined }>();

  /** Usage by the pid of the child. */
  take(children: ReadonlyMap<string, number>): Map<number, Usage> {
    const all = new Map<number, ProcessFacts>();
    for (const pid of processIds()) {
      const facts = readProcess(pid);
      if (facts && !facts.zombie) all.set(pid, facts);
    }
    this.#learn(all);
    const groups = new Set(children.values());
    const usage = new Map<number, Usage>();
    for (const facts of all.values()) {
      const child = this.#ownerOf(facts, all, children, groups);
      if (child === undefined) continue;
      const sum = usage.get(child) ?? { processes: 0, bytes: 0 };
      sum.processes++;
      sum.bytes += privateBytes(facts.pid);
      usage.set(child, sum);
    }
    return usage;
  }

  #learn(all: ReadonlyMap<number, ProcessFacts>): void {
    const known = new Map<number, { startedAt: number; mark: string | undefined }>();
    for (const { pid, startedAt } of all.values()) {
      const before = this.#known.get(pid);
      known.set(pid, before?.startedAt === startedAt ? before : { startedAt, mark: markOf(pid) });
    }
    this.#known = known;
  }

  #ownerOf(
    facts: ProcessFacts,
    all: ReadonlyMap<number, ProcessFacts>,
    children: ReadonlyMap<string, number>,
    groups: ReadonlySet<number>,
  ): number | undefined {
    let one: ProcessFacts | undefined = facts;
    for (let steps = 0; one && steps < 32; steps++) {
      const mark = this.#known.get(one.pid)?.mark;
      const child = mark === undefined ? undefined : children.get(mark);
      if (child !== undefined) return child;
      if (groups.has(one.group)) return one.group;
      one = all.get(one.parent);
    }
    return undefined;
  }
}
