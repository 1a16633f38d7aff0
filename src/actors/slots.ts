// How much a worker may claim: its free slots, the caps of the sources, and whose turn it is.
import type { ClaimAnswer, ClaimRequest } from "../runs/store.ts";

export interface SlotLimits {
  /** Attempts at a time in this process. */
  total: number;
  /** Attempts at a time of one source; null: no cap but the total. */
  perSource: number | null;
}

/** Counts only; knows no database and no child. */
export class Slots {
  readonly #limits: SlotLimits;
  /** Source -> number of the last hint that it may have work; a claim that found no more clears only what it had seen. */
  readonly #hungry = new Map<string, number>();
  readonly #running = new Map<string, number>();
  #hints = 0;
  #used = 0;
  #turn = 0;
  #asked: ReadonlyMap<string, number> = new Map();
  /** The only source that may have work, by one hint alone. */
  #only: string | undefined;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return this.#limits.total - this.#used;
  }

  /** Whether a claim would be worth its while. */
  get wants(): boolean {
    return this.free > 0 && this.#hungry.size > 0;
  }

  /** There may be work in this source. */
  hint(source: string): void {
    this.#only = this.#hungry.size === 0 ? source : undefined;
    this.#hungry.set(source, ++this.#hints);
  }

  /**
   * A slot for the one run that the only hint is about; undefined when others may wait, or none is free. `end` gives it
   * back; `fed` says that the run had it, and that nothing else is known to wait.
   */
  reserve(source: string): { end(fed: boolean): void } | undefined {
    const running = this.#running.get(source) ?? 0;
    if (this.#only !== source || this.free <= 0 || running >= (this.#limits.perSource ?? Infinity))
      return undefined;
    const hint = this.#hungry.get(source);
    this.#occupy(source);
    return {
      end: (fed) => {
        this.release(source);
        if (fed && this.#hungry.get(source) === hint) this.#hungry.delete(source);
      },
    };
  }

  /** What to ask for now, sources in turn; undefined when there is no free slot or nothing was hinted. */
  request(): Pick<ClaimRequest, "slots" | "sources"> | undefined {
    if (!this.wants) return undefined;
    this.#asked = new Map(this.#hungry);
    const names = [...this.#hungry.keys()].sort();
    const first = this.#turn++ % names.length;
    const inTurn = [...names.slice(first), ...names.slice(0, first)];
    // Nobody takes all at once while others wait: an equal share each, rounded up.
    const share = Math.ceil(this.free / names.length);
    const cap = this.#limits.perSource ?? Infinity;
    const sources = inTurn.map((name) => ({
      name,
      slots: Math.min(share, Math.max(0, cap - (this.#running.get(name) ?? 0))),
    }));
    return { slots: this.free, sources };
  }

  /** The claim is committed: its runs take their slots. */
  take({ claimed, exhausted }: ClaimAnswer): void {
    for (const source of exhausted) {
      if (this.#hungry.get(source) === this.#asked.get(source)) this.#hungry.delete(source);
    }
    for (const { source } of claimed) this.#occupy(source);
  }

  #occupy(source: string): void {
    this.#used++;
    this.#running.set(source, (this.#running.get(source) ?? 0) + 1);
  }

  /** An attempt is over. Whoever waits for a free slot of this process is hinted already. */
  release(source: string): void {
    this.#used--;
    const left = (this.#running.get(source) ?? 1) - 1;
    if (left > 0) this.#running.set(source, left);
    else this.#running.delete(source);
  }
}
