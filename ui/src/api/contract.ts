// The shapes of REST as types, from the very lines that the service's answers are held to. The only file of the page
// that looks into src/, and only at types.
import type { AUDIT_EVENT } from "../../../src/http/shapes/audit.ts";
import type { ISSUED_TOKEN, PRINCIPAL, SIGNED_IN, TOKEN } from "../../../src/http/shapes/access.ts";
import type { BACKFILL, BATCH } from "../../../src/http/shapes/backfill.ts";
import type { EXPLANATION } from "../../../src/http/shapes/explanation.ts";
import type { FIELD_ERROR } from "../../../src/http/shapes/field-error.ts";
import type {
  CLOCK_CHANGE,
  HOUR_STATS,
  JOB_STATS,
  PLANNED_FIRE,
  STATS,
} from "../../../src/http/shapes/figures.ts";
import type { TIMELINE, WORKER } from "../../../src/http/shapes/fleet.ts";
import type { JOB_STATE } from "../../../src/http/shapes/job-state.ts";
import type {
  FAILED_LOAD,
  JOB,
  JOB_BRIEF,
  LOAD_ERROR,
  VALIDATED_PARAMS,
} from "../../../src/http/shapes/job.ts";
import type { PAGE } from "../../../src/http/shapes/page.ts";
import type { EFFECT, PAUSE, PAUSE_SCOPE, SCHEDULER } from "../../../src/http/shapes/pause.ts";
import type {
  ATTEMPT,
  FAILED_RECORD,
  FAILED_RECORD_LIST,
  LOG_LINE,
  RECORD_COUNTS,
  RUN,
  RUN_BRIEF,
  RUN_MARK,
} from "../../../src/http/shapes/run.ts";
import type { NEXT_FIRE, SCHEDULE, SCHEDULE_PREVIEW } from "../../../src/http/shapes/schedule.ts";
import type { CHANGES, META, PROBLEM, SOURCE } from "../../../src/http/shapes/service.ts";
import type { Of } from "../../../src/http/shapes/shape.ts";
import type { ListItemType, ParamDefinition, ParamGroup } from "../../../src/sdk/spec.ts";
import type {
  VERSION,
  VERSION_BRIEF,
  VERSION_DIFF,
  VERSION_SOURCE,
} from "../../../src/http/shapes/version.ts";

export type Page = Of<typeof PAGE>;
export interface List<T> {
  readonly data: readonly T[];
  readonly page: Page;
}
export type Problem = Of<typeof PROBLEM>;
export type FieldError = Of<typeof FIELD_ERROR>;
export type { ListItemType, ParamDefinition, ParamGroup };
export type Job = Of<typeof JOB>;
export type JobBrief = Of<typeof JOB_BRIEF>;
export type LoadState = Job["loadState"];
export type LoadError = Of<typeof LOAD_ERROR>;
export type FailedLoad = Of<typeof FAILED_LOAD>;
export type JobStats = Of<typeof JOB_STATS>;
export type JobState = Of<typeof JOB_STATE>;
export type ValidatedParams = Of<typeof VALIDATED_PARAMS>;
export type Version = Of<typeof VERSION>;
export type VersionBrief = Of<typeof VERSION_BRIEF>;
export type VersionSource = Of<typeof VERSION_SOURCE>;
export type VersionDiff = Of<typeof VERSION_DIFF>;
export type Run = Of<typeof RUN>;
export type RunState = Run["state"];
export type RunReason = NonNullable<Run["reason"]>;
export type Trigger = Run["trigger"];
export type RunBrief = Of<typeof RUN_BRIEF>;
export type RunMark = Of<typeof RUN_MARK>;
export type Attempt = Of<typeof ATTEMPT>;
export type RecordCounts = Of<typeof RECORD_COUNTS>;
export type LogLine = Of<typeof LOG_LINE>;
export type FailedRecord = Of<typeof FAILED_RECORD>;
export type FailedRecordList = Of<typeof FAILED_RECORD_LIST>;
export type Schedule = Of<typeof SCHEDULE>;
export type SchedulePreview = Of<typeof SCHEDULE_PREVIEW>;
export type NextFire = Of<typeof NEXT_FIRE>;
export type Explanation = Of<typeof EXPLANATION>;
export type Backfill = Of<typeof BACKFILL>;
export type Batch = Of<typeof BATCH>;
export type Pause = Of<typeof PAUSE>;
export type PauseScope = Of<typeof PAUSE_SCOPE>;
export type Effect = Of<typeof EFFECT>;
export type Scheduler = Of<typeof SCHEDULER>;
export type Stats = Of<typeof STATS>;
export type HourStats = Of<typeof HOUR_STATS>;
export type PlannedFire = Of<typeof PLANNED_FIRE>;
export type ClockChange = Of<typeof CLOCK_CHANGE>;
export type Timeline = Of<typeof TIMELINE>;
export type Worker = Of<typeof WORKER>;
export type Source = Of<typeof SOURCE>;
export type Meta = Of<typeof META>;
export type Changes = Of<typeof CHANGES>;
export type Change = Changes["changes"][number];
export type Principal = Of<typeof PRINCIPAL>;
export type Role = Principal["role"];
export type Token = Of<typeof TOKEN>;
export type IssuedToken = Of<typeof ISSUED_TOKEN>;
export type SignedIn = Of<typeof SIGNED_IN>;
export type AuditEvent = Of<typeof AUDIT_EVENT>;
