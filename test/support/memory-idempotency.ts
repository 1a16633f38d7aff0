// Idempotency keys in memory: a double of our own port.
import type { IdempotencyRef, IdempotencyState, IdempotencyStore } from "../../src/http/ports.ts";

interface Row {
  digest: string;
  status: number | null;
  resourceId: string | null;
}

export class MemoryIdempotency implements IdempotencyStore {
  readonly rows = new Map<string, Row>();

  begin(ref: IdempotencyRef): Promise<IdempotencyState> {
    const row = this.rows.get(nameOf(ref));
    if (!row) {
      this.rows.set(nameOf(ref), { digest: ref.digest, status: null, resourceId: null });
      return Promise.resolve({ kind: "first" });
    }
    if (row.digest !== ref.digest) return Promise.resolve({ kind: "other" });
    if (row.resourceId === null) return Promise.resolve({ kind: "running" });
    return Promise.resolve({ kind: "done", resourceId: row.resourceId });
  }

  finish(ref: IdempotencyRef, status: number, resourceId: string): Promise<void> {
    const row = this.rows.get(nameOf(ref));
    if (row) {
      row.status ??= status;
      row.resourceId ??= resourceId;
    }
    return Promise.resolve();
  }

  abandon(ref: IdempotencyRef): Promise<void> {
    if (this.rows.get(nameOf(ref))?.resourceId === null) this.rows.delete(nameOf(ref));
    return Promise.resolve();
  }
}

function nameOf({ actor, key }: IdempotencyRef): string {
  return JSON.stringify([actor, key]);
}
