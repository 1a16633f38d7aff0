// How much slower than by itself the machine is: a process that has no part in what is tested, at the same small work again and again.

/** One piece of that work; epoch ms. */
export interface Effort {
  from: number;
  to: number;
  /** Of that time, what it had a core for. */
  cpuMs: number;
}

/** Some slices of a core: less is let through at once even where everybody else waits. */
const WORK_MS = 10;
const EVERY_MS = 200;
/** The machine as it was just before counts, too: who was held up then is late now. */
const BEFORE_MS = 2_000;

/** So slow the test's own services and the children of their jobs make two cores; the bounds for these hold for that. */
const OWN = 3;

export class Machine {
  readonly efforts: Effort[] = [];
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#timer = setTimeout(() => {
      this.efforts.push(work());
      this.start();
    }, EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function work(): Effort {
  const from = Date.now();
  const before = process.cpuUsage();
  const spent = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  let cpuMs = 0;
  while ((cpuMs = spent()) < WORK_MS);
  return { from, to: Date.now(), cpuMs };
}

/** How many times as long as by itself everything took between two instants; 1 where nobody measured. */
export function slowness(efforts: readonly Effort[], from: number, to: number): number {
  let [wall, cpu] = [0, 0];
  for (const effort of efforts) {
    if (effort.to < from - BEFORE_MS || effort.from > to) continue;
    wall += effort.to - effort.from;
    cpu += effort.cpuMs;
  }
  return cpu === 0 ? 1 : Math.max(1, wall / cpu);
}

/** What a bound of a busy machine is to be multiplied with between two instants. */
export function stretch(efforts: readonly Effort[] | undefined, from: number, to: number): number {
  return Math.max(1, slowness(efforts ?? [], from, to) / OWN);
}
