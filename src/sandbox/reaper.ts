// Ends what a child made: its group, then every process that bears its mark, until two looks find none (X7).
import { groupLives, signalGroup } from "./group.ts";
import type { Keeper } from "./keeper.ts";
import { markedProcesses } from "./marks.ts";
import { type Hunted, straysOf } from "./strays.ts";

/** What an attempt made is gone within this time, or the answer names what is not. */
const WITHIN_MS = 2_000;
const LOOKS = 2;
/** On a machine that leaves us hardly any time, time alone says nothing: so often it was really looked. */
const LEAST_LOOKS = 10;
const PAUSE_MS = 3;
/** Looking takes at most about a quarter of one core, however many ask. */
const SHARE = 3;

interface Task {
  group: number;
  /** Looks in a row that found nothing, and all of them. */
  nothing: number;
  looks: number;
  until: number;
  done(left: number[]): void;
}

export class Reaper implements Keeper {
  readonly #instance: string;
  readonly #hunted: Hunted | null;
  readonly #ends = new Map<string, Task>();
  readonly #looks = new Map<string, ((pids: number[]) => void)[]>();
  #looking = false;

  /** Knows the marks of this service only. `hunted`: all that runs as this user was made by jobs. */
  constructor(instance: string, hunted: Hunted | null = null) {
    this.#instance = instance;
    this.#hunted = hunted;
  }

  /** Its children end with it by what the kernel offers alone. */
  child(): void {}

  /** Kills the child with this mark and all that it made; answers what is still there after 2 s. Asked once a mark. */
  end(mark: string, group: number): Promise<number[]> {
    signalGroup(group, "SIGKILL");
    return new Promise((done) => {
      this.#ends.set(mark, { group, nothing: 0, looks: 0, until: performance.now() + WITHIN_MS, done });
      this.#start();
    });
  }

  /** The living processes with this mark, the child itself among them. */
  bearers(mark: string): Promise<number[]> {
    return new Promise((done) => {
      const waiting = this.#looks.get(mark);
      if (waiting) waiting.push(done);
      else this.#looks.set(mark, [done]);
      this.#start();
    });
  }

  /** Kills everything that bears any mark of this service. */
  async endAll(groups: readonly number[]): Promise<void> {
    for (const group of groups) signalGroup(group, "SIGKILL");
    const until = performance.now() + 5 * WITHIN_MS;
    for (let nothing = 0, n = 0; nothing < LOOKS && (n < LEAST_LOOKS || performance.now() < until); n++) {
      const pids = [...markedProcesses(this.#instance).values()].flat().concat(this.#strays());
      pids.forEach(kill);
      nothing = pids.length > 0 ? 0 : nothing + 1;
      await sleep(PAUSE_MS);
    }
  }

  #strays(): number[] {
    return this.#hunted === null ? [] : straysOf(this.#hunted);
  }

  #start(): void {
    if (this.#looking) return;
    this.#looking = true;
    void this.#look();
  }

  /** One look serves all who wait for one. */
  async #look(): Promise<void> {
    while (this.#ends.size + this.#looks.size > 0) {
      const startedAt = performance.now();
      const found = markedProcesses(this.#instance);
      this.#strays().forEach(kill);
      for (const [mark, waiting] of this.#looks) for (const done of waiting) done(found.get(mark) ?? []);
      this.#looks.clear();
      for (const [mark, task] of this.#ends) this.#take(mark, task, found.get(mark) ?? []);
      await sleep(Math.max(PAUSE_MS, SHARE * (performance.now() - startedAt)));
    }
    this.#looking = false;
  }

  #take(mark: string, task: Task, pids: number[]): void {
    pids.forEach(kill);
    task.nothing = pids.length > 0 || groupLives(task.group) ? 0 : task.nothing + 1;
    const late = ++task.looks >= LEAST_LOOKS && performance.now() > task.until;
    if (task.nothing < LOOKS && !late) return;
    this.#ends.delete(mark);
    task.done(task.nothing >= LOOKS ? [] : pids.length > 0 ? pids : [task.group]);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
