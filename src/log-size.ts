// What a line counts for in the log of a run (L1): one measure for the job's process, the service and the row.

// Taken before any job runs: a job may replace these for itself, not for us.
const { stringify } = JSON;
const { byteLength } = Buffer;

/** Bytes that a line counts for beside what it says: a million empty lines are no small log. */
export const LINE_COST = 64;

/** Bytes of what it says: its text, and its fields as JSON. */
export function lineBytes(line: { text: string; fields?: Record<string, unknown> }): number {
  return byteLength(line.text) + (line.fields ? byteLength(stringify(line.fields)) : 0);
}
