// Looks again and again at what attempts at work use, on one timer for all of them, and ends what uses too much (X10).
import type { AttemptLimits } from "./given-attempt.ts";
import type { EndedBy } from "./outcome.ts";
import { anyThreadHasChildren, Census, hadChildren, hasChildren, privateBytes, type Usage } from "./usage.ts";

/** What it may use, and where that was set. */
interface Bounds extends Pick<AttemptLimits, "memoryBytes" | "processes"> {
  from: Pick<AttemptLimits["from"], "memory" | "processes">;
}

/** A child that may have something at work. */
export interface Sampled {
  readonly pid: number | undefined;
  readonly mark: string;
  /** The attempt at work, or the import: its bounds, and since when (monotonic ms). */
  readonly atWork: { limits: Bounds; begunAt: number } | undefined;
  /** It uses more than it may. */
  exceeded(by: EndedBy): void;
}

const EVERY_MS = 50;
/** Of our time, at most one part in so many goes into looking. */
const SHARE = 20;
/** What is younger has not had the time to take much. */
const YOUNG_MS = 40;
/** Looking at all processes of the machine costs most: at every so many looks, but for those near a limit. */
const SELDOM = 4;
const NEAR = 0.25;

export class Sampler {
  readonly #now: () => number;
  readonly #watched = new Set<Sampled>();
  readonly #census = new Census();
  /** Near a limit when last looked at. */
  #near = new WeakSet<Sampled>();
  #n = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `now`: monotonic ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Looks at this child as long as it has something at work. Costs nothing when it is watched already. */
  watch(child: Sampled): void {
    this.#watched.add(child);
    this.#timer ??= setTimeout(() => this.#look(), EVERY_MS).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const from = this.#now();
    const families: Sampled[] = [];
    const thorough = ++this.#n % SELDOM === 0;
    for (const child of this.#watched) {
      const { atWork, pid } = child;
      if (!atWork || pid === undefined) this.#watched.delete(child);
      else if (from - atWork.begunAt < YOUNG_MS) continue;
      else if (this.#near.has(child)) families.push(child);
      else if (!(thorough ? anyThreadHasChildren(pid) : hasChildren(pid)) && !hadChildren(pid))
        judge(child, { processes: 1, bytes: privateBytes(pid) });
      else if (thorough) families.push(child);
    }
    if (families.length > 0) this.#lookAtAll(families);
    if (this.#watched.size === 0) return;
    const tookMs = this.#now() - from;
    this.#timer ??= setTimeout(() => this.#look(), Math.max(EVERY_MS, SHARE * tookMs)).unref();
  }

  #lookAtAll(families: readonly Sampled[]): void {
    const children = new Map([...this.#watched].map(({ mark, pid }) => [mark, pid!]));
    const usage = this.#census.take(children);
    for (const child of families) {
      const used = usage.get(child.pid!) ?? { processes: 1, bytes: 0 };
      if (judge(child, used) > NEAR) this.#near.add(child);
      else this.#near.delete(child);
    }
  }
}

/** Answers the greatest share of a limit that it uses. */
function judge(child: Sampled, { processes, bytes }: Usage): number {
  const limits = child.atWork?.limits;
  if (!limits) return 0;
  const { memory, processes: from } = limits.from;
  if (bytes > limits.memoryBytes)
    child.exceeded({ kind: "out_of_memory", used: bytes, limit: limits.memoryBytes, from: memory });
  else if (processes > limits.processes)
    child.exceeded({ kind: "too_many_processes", used: processes, limit: limits.processes, from });
  return Math.max(bytes / limits.memoryBytes, processes / limits.processes);
}
