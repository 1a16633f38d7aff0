// What the demo proves, as arithmetic: each full second of a schedule's life against its rows and what its job wrote.

/** A row of task_runs. */
export interface Row {
  id: string;
  state: string;
  fire_at: number;
  /** Set when the row stands for a range of fires. */
  fire_through: number | null;
  attempt: number;
}

/** What the job itself wrote down, whatever the rows say. */
export interface Line {
  what: "start" | "end";
  run: string;
  attempt: number;
}

export interface Tally {
  owed: number;
  rows: number;
  succeeded: number;
  /** Runs that needed more than one attempt. */
  again: number;
  /** Fires without a row, and runs that did not succeed or whose job never came to its end. */
  lost: number;
  /** Fires with more than one row, attempts that started twice, and runs whose job came to its end twice. */
  doubled: number;
}

/** Counted second by second, with no code of the service. `createdAt` is not a fire itself; `firedThrough` may be one. */
export function tally(
  life: { createdAt: number; firedThrough: number },
  rows: readonly Row[],
  lines: readonly Line[],
): Tally {
  const owed: number[] = [];
  const first = Math.floor(life.createdAt / 1000) * 1000 + 1000;
  for (let at = first; at <= life.firedThrough; at += 1000) owed.push(at);
  const rowsAt = (at: number) =>
    rows.filter((row) => row.fire_at <= at && at <= (row.fire_through ?? row.fire_at)).length;
  const ends = (run: string) => lines.filter((line) => line.what === "end" && line.run === run).length;
  const started = lines.filter(({ what }) => what === "start").map(({ run, attempt }) => `${run} ${attempt}`);
  return {
    owed: owed.length,
    rows: rows.length,
    succeeded: rows.filter(({ state }) => state === "succeeded").length,
    again: rows.filter(({ attempt }) => attempt > 1).length,
    lost:
      owed.filter((at) => rowsAt(at) === 0).length +
      rows.filter(({ id, state }) => state !== "succeeded" || ends(id) === 0).length,
    doubled:
      owed.filter((at) => rowsAt(at) > 1).length +
      rows.filter(({ id }) => ends(id) > 1).length +
      (started.length - new Set(started).size),
  };
}
