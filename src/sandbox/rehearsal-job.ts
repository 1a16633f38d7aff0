// What a spare runs before its first order: shaped like the bundle of a job, and it does nothing.
import type { defineJob as Define } from "../sdk/index.ts";

const { defineJob } = (globalThis as unknown as Record<symbol, { defineJob: typeof Define }>)[
  Symbol.for("jobmount.sdk")
]!;

export class Job extends defineJob({ name: "Rehearsal" }) {
  async execute(): Promise<void> {
    this.records.success(0);
  }
}
