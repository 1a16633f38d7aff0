// JOBMOUNT_CODE_SCHEDULES=apply: the schedules that jobs suggest in their code are created, at a start and as the jobs load.
import type { Catalog } from "../catalog/catalog.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { NamedLocks } from "../db/named-locks.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Schedules } from "../schedules/schedules.ts";
import { suggestionsLock } from "../schedules/suggestions.ts";
import type { JobSpec } from "../sdk/spec.ts";

const PAGE = 200;

export interface SuggestingJob {
  source: string;
  key: string;
  spec: JobSpec | null;
}

export interface CodeSchedulesDeps {
  /** Without it suggestions wait until somebody accepts them. */
  apply: boolean;
  schedules: Pick<Schedules, "create" | "list" | "missingSuggestions">;
  locks: Pick<NamedLocks, "hold">;
  log: Logger;
}

export class CodeSchedules {
  readonly #deps: CodeSchedulesDeps;
  /** One job at a time: a job that is saved twice must not find its suggestions missing twice. */
  #applying: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: CodeSchedulesDeps) {
    this.#deps = deps;
  }

  /** Once all jobs were loaded or have failed: also of those that a service loaded before that was not to apply any. */
  async start(catalog: Pick<Catalog, "entries" | "whenSettled">): Promise<void> {
    await catalog.whenSettled();
    await this.apply(catalog.entries());
  }

  /** Creates what these jobs suggest and have no schedule of; what became of those that were made stays as it is. Never rejects. */
  apply(jobs: readonly SuggestingJob[]): Promise<void> {
    if (!this.#deps.apply) return Promise.resolve();
    this.#applying = this.#applying.then(async () => {
      for (const job of jobs) if (!this.#stopped) await this.#applyOne(job);
    });
    return this.#applying;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#applying;
  }

  async #applyOne(job: SuggestingJob): Promise<void> {
    const { log, locks } = this.#deps;
    try {
      if ((await this.#missing(job)).length === 0) return;
      // Replicas that start together find the same missing, and somebody may accept one of them at this moment.
      await locks.hold(
        suggestionsLock(job.source, job.key),
        () => this.#createMissing(job),
        () => this.#stopped,
      );
    } catch (error) {
      log.warn({ job: job.key, error: messageOf(error) }, "the schedules of the code could not be applied");
    }
  }

  async #missing({ source, key, spec }: SuggestingJob) {
    if (!spec || spec.schedules.length === 0) return [];
    const { schedules } = this.#deps;
    const known: Schedule[] = [];
    for (let after: string | undefined; ;) {
      const page: Schedule[] = await schedules.list({ source, jobKey: key, limit: PAGE, after });
      known.push(...page);
      if (page.length < PAGE) return schedules.missingSuggestions(spec.schedules, known);
      after = page.at(-1)!.id;
    }
  }

  async #createMissing(job: SuggestingJob): Promise<void> {
    const { schedules, log } = this.#deps;
    const { source, key } = job;
    for (const suggestion of await this.#missing(job)) {
      const fields = { ...suggestion };
      try {
        const made = await schedules.create({ source, jobKey: key, fields, suggestion }, "code");
        log.info(
          { job: key, source, schedule: made.id },
          "created the schedule that the job's code suggests",
        );
      } catch (error) {
        log.warn({ job: key, source, error: messageOf(error) }, "a suggested schedule could not be created");
      }
    }
  }
}
