// The lines of one log by their numbers: some here, some still to be asked for, some gone for good.
import type { Line } from "./line.ts";

/** Lines are asked for in whole pages, so that no line is asked for twice. */
export const PAGE_LINES = 1_000;

/** Undefined: not asked for yet. Null: asked for, and not there. */
export type Slot = Line | null | undefined;

export interface PageAsk {
  page: number;
  /** As the query of GET /runs/{id}/logs wants it. */
  after: number;
  limit: number;
}

export class LogBuffer {
  readonly #slots: Slot[] = [];
  readonly #asked = new Set<number>();
  /** Of each page: how many of its places are open, and how often something other than its end has changed. */
  readonly #open: number[] = [];
  readonly #revisions: number[] = [];
  #held = 0;

  /** Lines that there are, here or not: the greatest number. */
  get count(): number {
    return this.#slots.length;
  }

  /** Lines that are here. */
  get held(): number {
    return this.#held;
  }

  /** Pages that there are, the last one perhaps not full. */
  get pages(): number {
    return this.#open.length;
  }

  /** How many lines the page has. */
  placesOf(page: number): number {
    return Math.min(PAGE_LINES, this.count - page * PAGE_LINES);
  }

  /** Grows when something other than a line at the end of the page has changed. */
  revisionOf(page: number): number {
    return this.#revisions[page] ?? 0;
  }

  at(seq: number): Slot {
    return this.#slots[seq - 1];
  }

  /** The run says how many lines it has; it never gets fewer. */
  grow(count: number): void {
    while (this.#slots.length < count) {
      const page = pageOf(this.#slots.length + 1);
      this.#open[page] = (this.#open[page] ?? 0) + 1;
      this.#slots.push(undefined);
    }
  }

  put(lines: readonly Line[]): void {
    for (const line of lines) {
      const isNew = line.seq > this.#slots.length;
      this.grow(line.seq);
      if (this.#slots[line.seq - 1]) continue;
      this.#fill(line.seq, line, isNew);
      this.#held++;
    }
  }

  /** Everything from `from` to `to` was answered: what is not here does not exist. */
  settle(from: number, to: number): void {
    for (let seq = from; seq <= Math.min(to, this.count); seq++)
      if (this.#slots[seq - 1] === undefined) this.#fill(seq, null, false);
  }

  /** The first page in the range with a line that nobody has asked for; from the end where `last` is wanted first. */
  missingPage(from: number, to: number): PageAsk | undefined {
    const first = pageOf(Math.max(1, from));
    const last = pageOf(Math.min(to, this.count));
    for (let page = last; page >= first; page--) {
      if (this.#asked.has(page) || !this.#open[page]) continue;
      return { page, after: page * PAGE_LINES, limit: PAGE_LINES };
    }
    return undefined;
  }

  /** Whether pages between the two lines are still to come, asked for or not. */
  lacks(from: number, to: number): boolean {
    const last = pageOf(Math.min(to, this.count));
    for (let page = pageOf(Math.max(1, from)); page <= last; page++) if (this.#open[page]) return true;
    return false;
  }

  /** Between asking and answer nobody asks again. */
  asking(page: number): void {
    this.#asked.add(page);
  }

  answered({ page, after, limit }: PageAsk, lines: readonly Line[]): void {
    this.put(lines);
    this.settle(after + 1, after + limit);
    this.#asked.delete(page);
  }

  /** It may be asked for again. */
  failed(page: number): void {
    this.#asked.delete(page);
  }

  #fill(seq: number, slot: Line | null, isNew: boolean): void {
    const page = pageOf(seq);
    if (this.#slots[seq - 1] === undefined) this.#open[page]! -= 1;
    if (!isNew) this.#revisions[page] = this.revisionOf(page) + 1;
    this.#slots[seq - 1] = slot;
  }
}

const pageOf = (seq: number): number => Math.floor((seq - 1) / PAGE_LINES);
