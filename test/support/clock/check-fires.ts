// Rows against the calendar: every owed fire in exactly one row, and no row for anything else (S1, S2).
import type { OwedSchedule, RowSeen } from "./history.ts";

const shown = (instant: number | null) => (instant === null ? "no instant" : new Date(instant).toISOString());

export function fireFaults({ id, fires }: OwedSchedule, rows: readonly RowSeen[]): string[] {
  const faults: string[] = [];
  const owed = new Set(fires);
  const coveredBy = new Map<number, string>();
  for (const row of rows) {
    const { fireAt } = row;
    if (fireAt === null || !owed.has(fireAt)) {
      faults.push(`S2: row ${row.id} of ${id} is for ${shown(fireAt)}, which its calendar does not have`);
      continue;
    }
    const covered = row.fireThrough === null ? [fireAt] : within(fires, fireAt, row.fireThrough);
    faults.push(...rangeFaults(id, row, covered));
    for (const fire of covered) {
      const other = coveredBy.get(fire);
      if (other === undefined) coveredBy.set(fire, row.id);
      else faults.push(`S1: ${shown(fire)} of ${id} lies in two rows, ${other} and ${row.id}`);
    }
  }
  for (const fire of fires) {
    if (!coveredBy.has(fire)) faults.push(`S1: ${shown(fire)} of ${id} has no row`);
  }
  return faults;
}

function rangeFaults(id: string, row: RowSeen, covered: readonly number[]): string[] {
  const { fireThrough, fireCount } = row;
  if (fireThrough === null) return [];
  const faults: string[] = [];
  if (row.state !== "skipped") faults.push(`S1: row ${row.id} of ${id} is a range and not skipped`);
  if (covered.at(-1) !== fireThrough)
    faults.push(`S2: the range ${row.id} of ${id} ends at ${shown(fireThrough)}, which is no fire`);
  if (fireCount !== null && fireCount !== covered.length)
    faults.push(`S1: the range ${row.id} of ${id} counts ${fireCount} fires and covers ${covered.length}`);
  return faults;
}

function within(fires: readonly number[], from: number, through: number): number[] {
  return fires.filter((fire) => fire >= from && fire <= through);
}
