// Every shape that a route may answer with, by the name that the table of routes uses.
import {
  ISSUED_TOKEN,
  PRINCIPAL,
  SESSION,
  OPEN_SIGN_IN_LINK,
  SIGN_IN_LINK,
  SIGNED_IN,
  TOKEN,
} from "./access.ts";
import { AUDIT_EVENT } from "./audit.ts";
import { BACKFILL, BATCH } from "./backfill.ts";
import { EXPLANATION } from "./explanation.ts";
import { CLOCK_CHANGE, HOUR_STATS, JOB_STATS, PLANNED_FIRE, STATS } from "./figures.ts";
import { TIMELINE, WORKER } from "./fleet.ts";
import { JOB_STATE } from "./job-state.ts";
import { FAILED_LOAD, JOB, JOB_BRIEF, VALIDATED_PARAMS } from "./job.ts";
import { FAILED_RECORD, FAILED_RECORD_LIST, LOG_LINE, LOG_LINE_LIST, RUN } from "./run.ts";
import { SCHEDULE, SCHEDULE_PREVIEW } from "./schedule.ts";
import { EFFECT, PAUSE_SCOPE, SCHEDULER } from "./pause.ts";
import { page } from "./page.ts";
import { CHANGES, HEALTH, META, PROBLEM, SECRET_KEYS, SOURCE } from "./service.ts";
import { anything, either, map, type Shape } from "./shape.ts";
import { VERSION, VERSION_BRIEF, VERSION_DIFF, VERSION_SOURCE } from "./version.ts";

export const SHAPES = {
  Problem: PROBLEM,
  OpenApi: map(anything()),
  Job: JOB,
  JobList: either(page(JOB), page(JOB_BRIEF)),
  JobState: JOB_STATE,
  ValidatedParams: VALIDATED_PARAMS,
  LoadErrorList: page(FAILED_LOAD),
  Version: VERSION,
  VersionList: page(VERSION_BRIEF),
  VersionSource: VERSION_SOURCE,
  VersionDiff: VERSION_DIFF,
  Run: RUN,
  RunList: page(RUN),
  LogLine: LOG_LINE,
  LogLineList: LOG_LINE_LIST,
  FailedRecord: FAILED_RECORD,
  FailedRecordList: FAILED_RECORD_LIST,
  Schedule: SCHEDULE,
  ScheduleList: page(SCHEDULE),
  SchedulePreview: SCHEDULE_PREVIEW,
  ScheduleOrEffect: either(SCHEDULE, EFFECT),
  Explanation: EXPLANATION,
  Backfill: BACKFILL,
  Batch: BATCH,
  PauseScope: PAUSE_SCOPE,
  JobOrEffect: either(JOB, EFFECT),
  PauseScopeOrEffect: either(PAUSE_SCOPE, EFFECT),
  Scheduler: SCHEDULER,
  Changes: CHANGES,
  SecretKeys: SECRET_KEYS,
  Source: SOURCE,
  SourceList: page(SOURCE),
  Stats: STATS,
  HourStats: HOUR_STATS,
  JobStats: JOB_STATS,
  PlannedFireList: page(PLANNED_FIRE),
  ClockChangeList: page(CLOCK_CHANGE),
  WorkerList: page(WORKER),
  Timeline: TIMELINE,
  Meta: META,
  Health: HEALTH,
  AuditEvent: AUDIT_EVENT,
  AuditEventList: page(AUDIT_EVENT),
  Principal: PRINCIPAL,
  Session: SESSION,
  TokenList: page(TOKEN),
  IssuedToken: ISSUED_TOKEN,
  SignInLink: SIGN_IN_LINK,
  SignInLinkList: page(OPEN_SIGN_IN_LINK),
  SignedIn: SIGNED_IN,
} satisfies Record<string, Shape<unknown>>;

export type ShapeName = keyof typeof SHAPES;
