// A mounted folder as a team of many authors has it: jobs with a helper of their own, some with a shared one.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Every tenth job imports it, so that its edit reloads many. */
const SHARED = "export const shout = (text: string): string => text.toUpperCase();\n";

/** The key of the n-th job: ten groups, as teams keep them. */
export const keyOf = (n: number): string => `team-${n % 10}/job-${n}`;

/** What a job looks like; `text` is what it prints and answers. */
export function jobCode(n: number, text: string): string {
  const shared = n % 10 === 0 ? 'import { shout } from "../../_lib/text";\n' : "";
  const said = n % 10 === 0 ? `shout(${JSON.stringify(text)})` : JSON.stringify(text);
  return `import { defineJob } from "jobmount";
import { rows } from "./rows";
${shared}
export class Job extends defineJob({
  name: "Job ${n}",
  description: "Reads pages and keeps what it read",
  requiredParams: {},
  optionalParams: {
    batchSize: { type: "integer", label: "Batch size", default: 100, min: 1, max: 1000 },
    kind: { type: "select", options: ["all", "new"], default: "new" },
    since: { type: "date" },
  },
  timeout: "5m",
  retries: { attempts: 2, backoff: "10s" },
}) {
  async execute() {
    const startedAt = Date.now();
    for (const row of rows(this.params.batchSize)) {
      if (this.signal.aborted) break;
      if (row >= 0) this.records.success();
    }
    return { text: ${said}, startedAt };
  }
}
`;
}

export function writeJob(root: string, n: number, text: string): void {
  writeFileSync(join(root, keyOf(n), "job.ts"), jobCode(n, text));
}

/** Makes the whole folder. */
export function writeJobs(root: string, count: number): void {
  mkdirSync(join(root, "_lib"), { recursive: true });
  writeFileSync(join(root, "_lib", "text.ts"), SHARED);
  for (let n = 0; n < count; n++) {
    const folder = join(root, keyOf(n));
    mkdirSync(folder, { recursive: true });
    writeJob(root, n, "first");
    const rows = `export function* rows(count: number): Generator<number> {\n  for (let i = 0; i < Math.min(count, ${n}); i++) yield i;\n}\n`;
    writeFileSync(join(folder, "rows.ts"), rows);
  }
}
