// What the jobs saw against the rows: who ran, how often, for which instant, and that none ran beside another (X1, S9).
import type { History, RowSeen, WitnessLine } from "./history.ts";

/** Clocks of a process and of a database server on one machine, read within one round trip of each other. */
const CLOCKS_MS = 100;

interface Execution {
  runId: string;
  attempt: number;
  start: WitnessLine;
  /** The last that was heard of it: its end, or a sign of life before it was killed. */
  last: WitnessLine;
  ended: boolean;
}

export function executionFaults({ schedules, rows, witness }: History): string[] {
  const faults: string[] = [];
  const executions = executionsOf(witness, faults);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const known = new Map<string, Execution[]>();
  for (const execution of executions) {
    const row = byId.get(execution.runId);
    if (row) {
      const own = known.get(row.scheduleId);
      if (own) own.push(execution);
      else known.set(row.scheduleId, [execution]);
      faults.push(...againstRow(execution, row));
    } else faults.push(`X1: ${named(execution)} ran and has no row`);
  }
  const ended = new Set(executions.flatMap((one) => (one.ended ? [`${one.runId} ${one.attempt}`] : [])));
  for (const row of rows) {
    if (row.state === "succeeded" && !ended.has(`${row.id} ${row.attempt}`))
      faults.push(`X4: row ${row.id} succeeded with attempt ${row.attempt}, which never came to its end`);
  }
  for (const { id, overlap } of schedules) {
    const own = known.get(id) ?? [];
    const groups = overlap === "allow_all" ? byRun(own) : [own];
    for (const group of groups) faults.push(...besideEachOther(group, `${id} (${overlap})`));
  }
  return faults;
}

function executionsOf(witness: readonly WitnessLine[], faults: string[]): Execution[] {
  const executions = new Map<string, Execution>();
  for (const line of witness) {
    const { runId, attempt } = line;
    const key = `${runId} ${attempt}`;
    const execution = executions.get(key);
    if (line.what === "start") {
      if (execution) faults.push(`X1: ${named(line)} started twice`);
      else executions.set(key, { runId, attempt, start: line, last: line, ended: false });
    } else if (!execution) faults.push(`X1: ${named(line)} has a line "${line.what}" and never started`);
    else if (execution.ended) faults.push(`X1: ${named(line)} has a line "${line.what}" after its end`);
    else {
      execution.last = line;
      execution.ended = line.what === "end";
    }
  }
  return [...executions.values()];
}

function againstRow(execution: Execution, row: RowSeen): string[] {
  const faults: string[] = [];
  const { start, attempt } = execution;
  const name = named(execution);
  if (start.fireAt !== row.fireAt)
    faults.push(`S2: ${name} ran for ${start.fireAt}, and its row is for ${row.fireAt}`);
  if (start.scheduleId !== row.scheduleId)
    faults.push(`S2: ${name} ran for ${start.scheduleId}, and its row belongs to ${row.scheduleId}`);
  if (row.state === "skipped") faults.push(`S3: ${name} ran although its row is skipped (${row.reason})`);
  if (attempt > row.attempt) faults.push(`X1: ${name} ran, and its row knows of ${row.attempt} attempts`);
  if (start.wall !== null && start.wall < start.fireAt - CLOCKS_MS)
    faults.push(`S4: ${name} began ${start.fireAt - start.wall} ms before its instant`);
  return faults;
}

function byRun(executions: readonly Execution[]): Execution[][] {
  const groups = new Map<string, Execution[]>();
  for (const execution of executions) {
    const group = groups.get(execution.runId);
    if (group) group.push(execution);
    else groups.set(execution.runId, [execution]);
  }
  return [...groups.values()];
}

function besideEachOther(executions: readonly Execution[], where: string): string[] {
  const inOrder = [...executions].sort((a, b) => a.start.monotonic - b.start.monotonic);
  const faults: string[] = [];
  let latest: Execution | undefined;
  for (const execution of inOrder) {
    const overlapped = latest ? latest.last.monotonic - execution.start.monotonic : 0;
    if (latest && overlapped > 0)
      faults.push(
        `S9, X8: ${named(latest)} and ${named(execution)} of ${where} ran beside each other for at least ${overlapped} ms`,
      );
    if (!latest || execution.last.monotonic > latest.last.monotonic) latest = execution;
  }
  return faults;
}

function named({ runId, attempt }: { runId: string; attempt: number }): string {
  return `attempt ${attempt} of run ${runId}`;
}
