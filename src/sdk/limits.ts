// The bounds of what a job may declare, be given, count and answer, in one place.

/** Counts are whole numbers up to here (X6). */
export const MAX_COUNT = Number.MAX_SAFE_INTEGER;
/** Bytes of JSON that an attempt's result may have; the frame that carries it ends at 1 MiB. */
export const MAX_RESULT_BYTES = 256 * 1024;
/** Bytes of JSON of all values and keys of a job's state together. */
export const MAX_STATE_BYTES = 64 * 1024;
export const MAX_STATE_KEY = 256;
/** Bytes of JSON of all params of a run together. */
export const MAX_PARAMS_BYTES = 512 * 1024;
/** Bytes of JSON of a `json` param that declares no `maxBytes`. */
export const DEFAULT_JSON_BYTES = 256 * 1024;
/** Bytes of JSON of a whole definition. */
export const MAX_DEFINITION_BYTES = 256 * 1024;
export const MAX_DEPTH = 64;
/** Characters kept of a refused record's key and reason. */
export const MAX_RECORD_KEY = 512;
export const MAX_RECORD_REASON = 2_000;
export const MAX_PROGRESS_MESSAGE = 500;
/** Errors told about one set of params; more help nobody. */
export const MAX_FIELD_ERRORS = 50;
/** Milliseconds that one author-made pattern may take, and all patterns and schemas of one check together (S13, A3). */
export const PATTERN_MS = 30;
export const PATTERNS_MS = 120;
/** A timer of Node holds at most 2^31-1 ms, which is a little over 24 days. */
export const MAX_TIMEOUT_MS = 24 * 86_400_000;
/** The longest wait between two attempts. */
export const MAX_BACKOFF_MS = 30 * 86_400_000;
