// What is told and counted when a run has ended, whoever brought its end into the database.
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Notices } from "../runs/notices.ts";
import type { ClaimedRun, Finish, FinishAnswer } from "../runs/store.ts";
import { isFinal } from "../runs/state.ts";
import type { TaskRun } from "../runs/task-run.ts";
import { logFinish } from "./events.ts";
import type { Metrics } from "./metrics.ts";

export interface EndsToldParts {
  byId(runId: string): Promise<TaskRun | undefined>;
  metrics: Pick<Metrics, "finished" | "ended">;
  notices: Pick<Notices, "finished">;
  /** A run of this schedule has failed. */
  failed(scheduleId: string): void;
  /** Off where ends are shown in another way. */
  logs: boolean;
  log: Logger;
}

export class EndsTold {
  readonly #parts: EndsToldParts;

  constructor(parts: EndsToldParts) {
    this.#parts = parts;
  }

  /** Of this process's own worker. `late`: the row tells of another end, which whoever brought it in has told. */
  finished(finish: Finish, answer: FinishAnswer, run: ClaimedRun): void {
    if (answer === "late") return;
    const { metrics, notices, failed, logs, log } = this.#parts;
    const written: Finish = answer === "cancelled" ? { ...finish, to: "cancelled" } : finish;
    metrics.finished(written, run);
    if (logs) logFinish(written, run, log);
    if (written.to === "failed" && run.scheduleId !== null) failed(run.scheduleId);
    notices.finished({ runId: run.id, source: run.source, jobKey: run.jobKey, state: written.to });
  }

  /** Of a worker that is gone: given up for lost, or brought in from a file. The row says as what. Never rejects. */
  async ofAnother(runId: string): Promise<void> {
    const { byId, metrics, notices, failed, log } = this.#parts;
    try {
      const run = await byId(runId);
      if (!run) return;
      if (isFinal(run.state)) metrics.ended(run);
      if (run.state === "failed" && run.scheduleId !== null) failed(run.scheduleId);
      notices.finished({ runId, source: run.source, jobKey: run.jobKey, state: run.state });
    } catch (error) {
      log.warn({ run: runId, error: messageOf(error) }, "the end of a run could not be told");
    }
  }
}
