// How high rows are: one height for all, and what was measured of those that differ. Both ways in the time of a search tree.

/** A Fenwick tree over the differences from the usual height. */
export class Heights {
  readonly usual: number;
  #tree = new Float64Array(1025);
  #differences = new Map<number, number>();
  #count = 0;

  constructor(usual: number) {
    this.usual = usual;
  }

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.offsetOf(this.#count);
  }

  resize(count: number): void {
    this.#count = count;
    if (count < this.#tree.length) return;
    this.#tree = new Float64Array(Math.max(count + 1, 2 * this.#tree.length));
    for (const [row, difference] of this.#differences) this.#add(row, difference);
  }

  /** Answers by how much everything below has moved. */
  set(row: number, height: number): number {
    const before = this.#differences.get(row) ?? 0;
    const difference = height - this.usual;
    if (difference === before) return 0;
    if (difference === 0) this.#differences.delete(row);
    else this.#differences.set(row, difference);
    this.#add(row, difference - before);
    return difference - before;
  }

  /** The rows have another width now: nothing that was measured holds. */
  forget(): void {
    this.#differences.clear();
    this.#tree.fill(0);
  }

  /** Where the row begins. */
  offsetOf(row: number): number {
    let sum = row * this.usual;
    for (let i = row; i > 0; i -= i & -i) sum += this.#tree[i]!;
    return sum;
  }

  /** The row at this offset; the nearest one outside of all rows. */
  rowAt(offset: number): number {
    let row = 0;
    let left = offset;
    for (let step = 1 << Math.floor(Math.log2(this.#tree.length - 1)); step > 0; step >>= 1) {
      const next = row + step;
      if (next >= this.#tree.length) continue;
      const height = step * this.usual + this.#tree[next]!;
      if (height > left) continue;
      row = next;
      left -= height;
    }
    return Math.max(0, Math.min(row, this.#count - 1));
  }

  #add(row: number, difference: number): void {
    for (let i = row + 1; i < this.#tree.length; i += i & -i) this.#tree[i]! += difference;
  }
}

export interface RowWindow {
  first: number;
  /** One behind the last. */
  end: number;
}

/** The rows to draw: those in sight and some beyond, so that a fast scroll shows no void. */
export function windowOf(heights: Heights, scrollTop: number, viewHeight: number, beyond = 12): RowWindow {
  if (heights.count === 0) return { first: 0, end: 0 };
  const first = Math.max(0, heights.rowAt(scrollTop) - beyond);
  const end = Math.min(heights.count, heights.rowAt(scrollTop + viewHeight) + 1 + beyond);
  return { first, end };
}
