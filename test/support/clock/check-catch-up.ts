// What a schedule was found to owe at one look, against its catch-up policy (S10), and how late each look came (S4).
import type { Downtime, History, OwedSchedule, RowSeen } from "./history.ts";
import { stretch } from "./machine.ts";

/**
 * Seen: 4.2 s, with three services and the children of their jobs on two cores; where others have these as well, it is
 * stretched by what they take. That a service which
 * is well takes less than a second is shown by test/integration/starts-and-replaces.test.ts, where nothing is killed.
 */
const FOUND_MS = 7_000;
/** What came due as everything was just there again is found behind what was owed. */
const AFTER_MS = 3_000;
/** A fire that came due just before everything stopped is found after it. */
const BEFORE_MS = 1_500;

type Times = Pick<History, "downtimes" | "stalls" | "machine">;

export function catchUpFaults(schedule: OwedSchedule, rows: readonly RowSeen[], times: Times): string[] {
  const looks = new Map<number, RowSeen[]>();
  for (const row of rows) {
    if (row.fireAt === null) continue;
    const look = looks.get(row.queuedAt);
    if (look) look.push(row);
    else looks.set(row.queuedAt, [row]);
  }
  return [...looks].flatMap(([at, found]) => [
    ...policyFaults(schedule, at, found, times.downtimes),
    ...lateFaults(schedule, at, found, times),
  ]);
}

function policyFaults(
  { id, fires, catchUp }: OwedSchedule,
  at: number,
  found: readonly RowSeen[],
  downtimes: readonly Downtime[],
): string[] {
  const { policy, max, windowMs } = catchUp;
  const faults: string[] = [];
  const where = `of ${id} (catch-up ${policy}) at ${new Date(at).toISOString()}`;
  const newest = found.reduce((last, row) => (endOf(row) > endOf(last) ? row : last));
  if (policy !== "merge" && found.some(isMerged)) faults.push(`S10: rows are merged ${where}`);
  const caught = found.filter((row) => !isMissed(row) && !isMerged(row) && lay(row, downtimes));
  if (policy === "skip") {
    for (const { id: run, fireAt } of caught)
      faults.push(`S10: ${run} for ${shown(fireAt!)}, which was missed, is no row missed ${where}`);
    return faults;
  }
  const inWindow = at - endOf(newest) <= windowMs;
  if (inWindow && (isMissed(newest) || isMerged(newest)))
    faults.push(`S10: nothing was caught up: the newest fire is ${newest.reason} ${where}`);
  const most = policy === "all" ? max : 1;
  const count = caught.reduce((sum, row) => sum + (row.fireCount ?? 1), 0);
  // A full range may stand for what merge folds.
  if (count > most && policy !== "merge") faults.push(`S10: ${count} fires were caught up ${where}`);
  if (policy === "merge" && caught.filter(({ state }) => state !== "skipped").length > 1)
    faults.push(`S10: ${caught.length} fires were caught up ${where}`);
  const lastMissed = Math.max(...found.filter(isMissed).map(endOf));
  if (policy === "all" && at - lastMissed <= windowMs) {
    const after = fires.filter((fire) => fire > lastMissed && fire <= endOf(newest)).length;
    if (after < max) faults.push(`S10: ${after} fires were caught up, and others missed, ${where}`);
  }
  if (policy === "merge" && at - lastMissed <= windowMs) faults.push(`S10: fires were missed ${where}`);
  return faults;
}

/** S4: also one that stands still is found within moments of its instant, unless nobody could look. */
function lateFaults({ id }: OwedSchedule, at: number, found: readonly RowSeen[], times: Times): string[] {
  const away = [...times.downtimes, ...(times.stalls ?? [])];
  const bounds = (fireAt: number) => stretch(times.machine, fireAt, at);
  const isExcused = (fireAt: number) =>
    away.some(
      ({ from, to }) =>
        fireAt >= from - BEFORE_MS * bounds(fireAt) && fireAt <= to + AFTER_MS * bounds(fireAt),
    );
  return found
    .filter(({ fireAt, fireThrough }) => fireThrough === null && at - fireAt! > FOUND_MS)
    .filter(({ fireAt }) => at - fireAt! > FOUND_MS * bounds(fireAt!) && !isExcused(fireAt!))
    .map((row) => `S4: row ${row.id} of ${id} was found ${at - row.fireAt!} ms after its instant`);
}

/** All of it came due after everything had stopped, and before anybody could look again. */
function lay(row: RowSeen, downtimes: readonly Downtime[]): boolean {
  return downtimes.some(({ from, back }) => back !== undefined && row.fireAt! > from && endOf(row) < back);
}

const isMissed = ({ state, reason }: RowSeen) => state === "skipped" && reason === "missed";
const isMerged = ({ state, reason }: RowSeen) => state === "skipped" && reason === "merged";
const endOf = ({ fireAt, fireThrough }: RowSeen) => fireThrough ?? fireAt!;
const shown = (instant: number) => new Date(instant).toISOString();
