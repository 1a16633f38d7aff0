// The numbers of those lines that fit something, in order: a level filter, a search. Kept up as lines come in, page by page:
// a page that has come is looked at once, however many come after it.
import type { Line } from "./line.ts";
import { type LogBuffer, PAGE_LINES } from "./log-buffer.ts";

interface PageIndex {
  /** Of the page when it was looked at. */
  revision: number;
  /** How many of its places were looked at. */
  through: number;
  seqs: number[];
}

export class SeqIndex {
  readonly #buffer: LogBuffer;
  readonly #fits: (line: Line) => boolean;
  readonly #pages: PageIndex[] = [];
  readonly #seqs: number[] = [];
  /** Pages before this one are in `#seqs` already. */
  #joined = 0;

  constructor(buffer: LogBuffer, fits: (line: Line) => boolean) {
    this.#buffer = buffer;
    this.#fits = fits;
  }

  /** Whether everything that is here has been looked at. */
  get complete(): boolean {
    for (let page = 0; page < this.#buffer.pages; page++) if (!this.#isUpToDate(page)) return false;
    return true;
  }

  /**
   * What is known after this look. `over` is asked after each page and ends the look: 200,000 lines at once would hold the
   * browser up.
   */
  sync(over: () => boolean = () => false): readonly number[] {
    for (let page = 0; page < this.#buffer.pages; page++) {
      if (this.#isUpToDate(page)) continue;
      this.#look(page);
      if (over()) break;
    }
    this.#join();
    return this.#seqs;
  }

  #isUpToDate(page: number): boolean {
    const known = this.#pages[page];
    if (known === undefined) return false;
    return known.revision === this.#buffer.revisionOf(page) && known.through === this.#buffer.placesOf(page);
  }

  /** New lines at the end of a page are looked at alone; anything else means all of it. */
  #look(page: number): void {
    const revision = this.#buffer.revisionOf(page);
    const places = this.#buffer.placesOf(page);
    const before = this.#pages[page];
    const known = before?.revision === revision ? before : { revision, through: 0, seqs: [] };
    // The last page, which grows while a run is followed, is only added to.
    const adds = known === before && page === this.#joined - 1;
    if (!adds) this.#joined = Math.min(this.#joined, page);
    for (let seq = page * PAGE_LINES + known.through + 1; seq <= page * PAGE_LINES + places; seq++) {
      const line = this.#buffer.at(seq);
      if (!line || !this.#fits(line)) continue;
      known.seqs.push(seq);
      if (adds) this.#seqs.push(seq);
    }
    known.through = places;
    this.#pages[page] = known;
  }

  #join(): void {
    if (this.#joined === this.#pages.length) return;
    this.#seqs.length = positionOf(this.#seqs, this.#joined * PAGE_LINES + 1);
    for (; this.#joined < this.#pages.length; this.#joined++)
      for (const seq of this.#pages[this.#joined]!.seqs) this.#seqs.push(seq);
  }
}

/** Position of the first number that is at least `seq`. */
export function positionOf(seqs: readonly number[], seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seqs[middle]! < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The find after (or before) `from`, beginning anew at the other end; undefined when there is none. */
export function nextFind(seqs: readonly number[], from: number, step: 1 | -1): number | undefined {
  if (seqs.length === 0) return undefined;
  const at = positionOf(seqs, from);
  if (step === -1) return seqs[(at - 1 + seqs.length) % seqs.length];
  return seqs[(seqs[at] === from ? at + 1 : at) % seqs.length];
}

/** The first lines that are in sight and the last, and whether the end of the log is followed. */
export interface Sight {
  from: number;
  to: number;
  atEnd: boolean;
}

/**
 * The find to begin with: the nearest from what is in sight, whatever else has come by then. Below the end there is nothing,
 * so the way from there is up.
 */
export function firstFind(
  seqs: readonly number[],
  { from, to, atEnd }: Sight,
  step: 1 | -1,
): number | undefined {
  return step === -1 || atEnd ? nextFind(seqs, to + 1, -1) : nextFind(seqs, from - 1, 1);
}
