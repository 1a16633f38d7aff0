// Every table of the service, in one list for the data source and the schema check.
import "reflect-metadata";
import { AuditEventRow, IdempotencyKeyRow, SessionRow, SignInCodeRow, TokenRow } from "./access-entities.ts";
import {
  BlobRow,
  JobRow,
  JobStateRow,
  JobVersionRow,
  SettingRow,
  VersionBlobRow,
  SourceRow,
} from "./catalog-entities.ts";
import { AttemptRow, FailedRecordRow, LogChunkRow, TaskRunRow } from "./run-entities.ts";
import { PauseRow, ScheduleRevisionRow, ScheduleRow, UpTimeRow } from "./schedule-entities.ts";

export const entities = [
  TaskRunRow,
  AttemptRow,
  LogChunkRow,
  FailedRecordRow,
  ScheduleRow,
  ScheduleRevisionRow,
  PauseRow,
  UpTimeRow,
  JobRow,
  JobVersionRow,
  VersionBlobRow,
  SourceRow,
  BlobRow,
  JobStateRow,
  SettingRow,
  TokenRow,
  SignInCodeRow,
  SessionRow,
  IdempotencyKeyRow,
  AuditEventRow,
];
