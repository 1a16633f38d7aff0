// What `execute` may return, as a type; result.ts decides what it means.

interface Counts {
  processed?: number;
  success?: number;
  failed?: number;
  skipped?: number;
  records_processed?: number;
  records_success?: number;
  records_failed?: number;
  records_skipped?: number;
  recordsProcessed?: number;
  recordsSuccess?: number;
  recordsFailed?: number;
  recordsSkipped?: number;
}

/** Nothing, or an object: counts under any of their spellings, every other key belongs to the details. */
export type JobReturn = void | null | (object & Counts & NoList);

/** Not a list, and not a promise: else a promise of anything would pass as an object. */
interface NoList {
  readonly [Symbol.iterator]?: never;
  readonly then?: never;
}
