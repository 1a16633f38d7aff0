// The audit log in memory: a double of our own port.
import type { AuditEnd, AuditEvent, AuditFilter, AuditPage, AuditStore } from "../../src/access/audit.ts";

export class MemoryAudit implements AuditStore {
  readonly rows: AuditEvent[] = [];

  insert(events: readonly AuditEvent[]): Promise<void> {
    this.rows.push(...events.map((event) => ({ ...event })));
    return Promise.resolve();
  }

  end(id: string, end: AuditEnd): Promise<void> {
    const row = this.rows.find((one) => one.id === id && one.outcome === "begun");
    if (row) Object.assign(row, end);
    return Promise.resolve();
  }

  addRepeats(id: string, times: number): Promise<void> {
    const row = this.rows.find((one) => one.id === id);
    if (row) row.repeats += times;
    return Promise.resolve();
  }

  list(filter: AuditFilter): Promise<AuditPage> {
    const { sources, actors, actions, target, outcomes, after, since, until, limit } = filter;
    const found = this.rows.filter(
      (row) =>
        (sources === undefined || (row.source !== null && sources.includes(row.source))) &&
        (actors === undefined || actors.includes(row.actor?.name ?? "")) &&
        (actions === undefined ||
          actions.some((one) => row.action === one || row.action.startsWith(`${one}.`))) &&
        (target === undefined || row.target === target) &&
        (outcomes === undefined || outcomes.includes(row.outcome)) &&
        (since === undefined || row.at >= since) &&
        (until === undefined || row.at < until) &&
        (after === undefined || row.id < after),
    );
    const events = found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
    return Promise.resolve({ events, stoppedAt: null });
  }
}
