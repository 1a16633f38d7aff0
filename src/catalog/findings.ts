// What lies in a source and is no job, though it looks like one: since when, and told once when it is no half of something.
import type { Instant } from "../clock.ts";
import type { Finding } from "./scan.ts";
import type { Task } from "./task.ts";
import type { Timers } from "./timers.ts";

export interface SeenFinding {
  finding: Finding;
  since: Instant;
}

/** A folder that is copied file by file has no job.ts for a moment. */
const TELL_AFTER_MS = 700;
/** A mount of something else altogether would fill the log; all are in the list of load errors. */
const MAX_TOLD = 20;

export class Findings {
  private seen: SeenFinding[] = [];
  private readonly told = new Set<string>();

  constructor(
    private readonly timers: Timers,
    private readonly tasks: ReadonlyMap<string, Task>,
    private readonly onFound: (seen: SeenFinding) => void,
  ) {}

  /** But for code that some job imports: that is where it belongs. */
  list(): SeenFinding[] {
    const tasks = [...this.tasks.values()];
    return this.seen.filter(({ finding }) => !tasks.some((task) => task.inputs?.reads(finding.path)));
  }

  /** What the last scan found. */
  update(found: readonly Finding[], now: Instant): void {
    const since = new Map(this.seen.map((one) => [nameOf(one), one.since]));
    this.seen = found.map((finding) => {
      const first = { finding, since: now };
      return { finding, since: since.get(nameOf(first)) ?? now };
    });
    const names = new Set(this.seen.map(nameOf));
    for (const name of this.told) if (!names.has(name)) this.told.delete(name);
    if (this.seen.some((one) => one.since === now)) this.timers.after(TELL_AFTER_MS, () => this.tell(now));
  }

  private tell(since: Instant): void {
    const fresh = this.list().filter((one) => one.since === since && !this.told.has(nameOf(one)));
    for (const one of fresh) {
      this.told.add(nameOf(one));
      if (this.told.size <= MAX_TOLD) this.onFound(one);
    }
  }
}

function nameOf({ finding }: SeenFinding): string {
  return `${finding.problem.code} ${finding.path}`;
}
