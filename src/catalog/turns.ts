// So many at a time, the others in the order in which they asked; what takes long gives its turn on before it ends.

export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];
  private long = 0;
  /** Long by now, and still with a turn since so many others are long too. */
  private readonly tooMany = new Set<() => void>();

  /** What took `longMs` goes on beside those that have a turn, but only `mostLong` at a time. */
  constructor(
    atOnce: number,
    private readonly longMs?: number,
    private readonly mostLong = 0,
  ) {
    this.free = atOnce;
  }

  /** Runs `work` when its turn has come; its failure is its own. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    let hasTurn = true;
    const giveOn = (): void => {
      hasTurn = false;
      this.long++;
      this.handOn();
    };
    const late = (): void => {
      if (this.long < this.mostLong) giveOn();
      else this.tooMany.add(giveOn);
    };
    const timer = this.longMs === undefined ? undefined : setTimeout(late, this.longMs).unref();
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      this.tooMany.delete(giveOn);
      if (hasTurn) this.handOn();
      else this.ended();
    }
  }

  private ended(): void {
    this.long--;
    const [next] = this.tooMany;
    if (!next) return;
    this.tooMany.delete(next);
    next();
  }

  /** To who waits, so that nobody who asks in between gets before him. */
  private handOn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
}
