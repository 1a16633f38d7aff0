// Bodies that make, change or preview a schedule. Only names and types are checked here; what a cron text, a zone, an
// instant or a limit may be is the schedules' own rule. Null means the default everywhere (a merge patch takes away).
import { Type } from "class-transformer";
import {
  IsBoolean,
  IsDefined,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  ValidateIf,
  ValidateNested,
} from "class-validator";
import { given } from "./given.ts";
import { CatchUpPart, DstPart, RetriesPart } from "./schedule-parts.ts";

const TEXT = { message: "must be a text" };
const TIME = { message: "must be an RFC 3339 time such as 2027-01-31T00:00:00Z" };
const ASKED = {
  message: 'must be a time such as "tomorrow 02:00", or RFC 3339 (2027-01-31T00:00:00Z)',
};
const DURATION = { message: 'must be a duration such as "15m"' };
const WHOLE_MS = { message: "must be a whole number of milliseconds" };
const JOB = "must be the key of a job, such as billing.sync-orders";

/** POST /schedules/preview asks this much; a schedule says it too. */
class WhenBody {
  @IsOptional()
  @IsString(TEXT)
  cron?: string | null;

  @IsOptional()
  @IsString(DURATION)
  every?: string | null;

  @IsOptional()
  @IsInt(WHOLE_MS)
  everyMs?: number | null;

  @IsOptional()
  @IsString(TIME)
  anchorAt?: string | null;

  @IsOptional()
  @IsString(TIME)
  at?: string | null;

  @IsOptional()
  @IsString({ message: "must be the name of an IANA time zone, such as Europe/Berlin" })
  timeZone?: string | null;

  @IsOptional()
  @IsObject({ message: "must be an object with gap and repeat" })
  @ValidateNested()
  @Type(() => DstPart)
  dst?: DstPart | null;
}

/** What a schedule may say besides when. */
class ScheduleBody extends WhenBody {
  static readonly opaque: readonly string[] = ["params"];

  @IsOptional()
  @IsString(TEXT)
  name?: string | null;

  @IsOptional()
  @IsObject({ message: "must be an object of param names and values" })
  params?: Record<string, unknown> | null;

  @IsOptional()
  @IsBoolean({ message: "must be true or false" })
  enabled?: boolean | null;

  @IsOptional()
  @IsString(TEXT)
  overlap?: string | null;

  @IsOptional()
  @IsObject({ message: "must be an object with policy, windowMs and max" })
  @ValidateNested()
  @Type(() => CatchUpPart)
  catchUp?: CatchUpPart | null;

  @IsOptional()
  @IsString(DURATION)
  jitter?: string | null;

  @IsOptional()
  @IsInt(WHOLE_MS)
  jitterMs?: number | null;

  @IsOptional()
  @IsString(DURATION)
  timeout?: string | null;

  @IsOptional()
  @IsInt(WHOLE_MS)
  timeoutMs?: number | null;

  @IsOptional()
  @IsObject({ message: "must be an object with attempts, backoffMs, factor and maxMs" })
  @ValidateNested()
  @Type(() => RetriesPart)
  retries?: RetriesPart | null;

  @IsOptional()
  @IsNumber({}, { message: "must be a number from 0 to 1" })
  maxFailedShare?: number | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number from 1 to 100" })
  pauseAfterFailures?: number | null;

  @IsOptional()
  @IsString(TIME)
  startAt?: string | null;

  @IsOptional()
  @IsString(TIME)
  endAt?: string | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number" })
  maxRuns?: number | null;
}

/** PATCH /schedules/{id} */
export class PatchScheduleBody extends ScheduleBody {
  static readonly example: Readonly<Record<string, unknown>> = { cron: "30 2 * * *", enabled: true };

  @ValidateIf(given)
  @IsBoolean({ message: "must be true (only say what it would do) or false" })
  dryRun?: boolean;
}

/** POST /schedules/{id}/copy */
export class CopyScheduleBody extends ScheduleBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    name: "the same at noon",
    cron: "0 12 * * *",
  };

  @IsOptional()
  @IsString({ message: JOB })
  @Length(1, 400, { message: JOB })
  job?: string | null;
}

/** PUT /schedules/{id} */
export class ReplaceScheduleBody extends ScheduleBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    cron: "0 2 * * *",
    timeZone: "Europe/Berlin",
    params: { batchSize: 100 },
  };

  @IsOptional()
  @IsString({ message: JOB })
  @Length(1, 400, { message: JOB })
  job?: string | null;
}

/** POST /schedules */
export class CreateScheduleBody extends ScheduleBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    job: "billing.sync-orders",
    cron: "0 2 * * *",
    timeZone: "Europe/Berlin",
    params: { batchSize: 100 },
    catchUp: { policy: "merge", windowMs: 3_600_000 },
  };

  @IsDefined({ message: `is required: ${JOB.replace("must be ", "")}` })
  @IsString({ message: JOB })
  @Length(1, 400, { message: JOB })
  job!: string;
}

/** POST /schedules/preview */
export class PreviewBody extends WhenBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    cron: "0 2 * * *",
    timeZone: "Europe/Berlin",
    count: 3,
  };

  @IsOptional()
  @IsString({ message: JOB })
  @Length(1, 400, { message: JOB })
  job?: string | null;

  @IsOptional()
  @IsString(TEXT)
  overlap?: string | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number" })
  count?: number | null;

  @IsOptional()
  @IsString(ASKED)
  from?: string | null;
}
