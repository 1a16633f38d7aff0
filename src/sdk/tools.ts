// What a job finds on `this`: made once for each attempt from its context, closed when the attempt ends.
import type { AttemptContext, JobEvent } from "./context.ts";
import { makeLog, type JobLog } from "./log.ts";
import { makeProgress, type ReportProgress } from "./progress.ts";
import { makeRecords, type JobRecords } from "./records.ts";
import type { RecordCounts, RunInfo } from "./spec.ts";
import { makeState, type JobState } from "./state.ts";

export type { JobLog, JobRecords, JobState, ReportProgress };

/** The path of a read-only copy of a data file of this version; throws PermanentError naming the file when there is none. */
export type JobFile = (name: string) => string;

/** The names that no member of a job class may have. */
export const TOOL_NAMES = [
  "params",
  "signal",
  "records",
  "progress",
  "log",
  "run",
  "state",
  "file",
  "tempDir",
  "dataDir",
] as const;

export interface ToolMembers {
  params: Readonly<Record<string, unknown>>;
  signal: AbortSignal;
  records: JobRecords;
  progress: ReportProgress;
  log: JobLog;
  run: RunInfo;
  state: JobState;
  file: JobFile;
  tempDir: string;
  dataDir: string;
}

export interface Tools {
  members: ToolMembers;
  /** What `this.records` counted so far. */
  counts(): RecordCounts;
  /** From here on nothing is emitted: what a forgotten promise still does belongs to no attempt (X11). */
  close(): void;
}

export function makeTools(context: AttemptContext): Tools {
  let open = true;
  const emit = (event: JobEvent): void => {
    if (open) context.emit(event);
  };
  const log = makeLog(emit);
  const { records, counts } = makeRecords(emit);
  return {
    members: {
      params: context.params,
      signal: context.signal,
      records,
      progress: makeProgress(emit, log),
      log,
      run: context.run,
      state: makeState(context.state, emit, context.secretForms),
      file: (name) => context.filePath(name),
      // Asked for when the job does: the folders are made on demand.
      get tempDir() {
        return context.tempDir;
      },
      get dataDir() {
        return context.dataDir;
      },
    },
    counts,
    close: () => {
      open = false;
    },
  };
}
