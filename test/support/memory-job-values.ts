// Durable values of jobs that lie in memory: a double of the domain's port.
import type { JobValues, JobValueStore } from "../../src/runs/job-values.ts";

export class MemoryJobValues implements JobValueStore {
  readonly rows = new Map<string, JobValues>();

  of(source: string, jobKey: string, scope: string): Promise<JobValues> {
    const found = this.rows.get(`${source} ${jobKey} ${scope}`);
    return Promise.resolve(found ?? { values: new Map(), updatedAt: null });
  }

  scopesOf(source: string, jobKey: string): Promise<string[]> {
    const head = `${source} ${jobKey} `;
    const scopes = [...this.rows.keys()]
      .filter((key) => key.startsWith(head))
      .map((key) => key.slice(head.length));
    return Promise.resolve(scopes.filter((scope) => scope !== "").sort());
  }

  replace(
    source: string,
    jobKey: string,
    scope: string,
    values: ReadonlyMap<string, unknown>,
    now: number,
  ): Promise<void> {
    const key = `${source} ${jobKey} ${scope}`;
    if (values.size === 0) this.rows.delete(key);
    else this.rows.set(key, { values, updatedAt: now });
    return Promise.resolve();
  }
}
