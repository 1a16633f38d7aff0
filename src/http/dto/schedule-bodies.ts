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
  ValidateNested,
} from "class-validator";
import { CatchUpPart, DstPart, RetriesPart } from "./schedule-parts.ts";

const TEXT = { message: "must be a text" };
const TIME = { message: "must be an RFC 3339 time such as 2027-01-31T00:00:00Z" };
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

/** PATCH /schedules/{id} */
export class PatchScheduleBody extends WhenBody {
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
  @IsString(TIME)
  startAt?: string | null;

  @IsOptional()
  @IsString(TIME)
  endAt?: string | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number" })
  maxRuns?: number | null;
}

/** POST /schedules */
export class CreateScheduleBody extends PatchScheduleBody {
  @IsDefined({ message: `is required: ${JOB.replace("must be ", "")}` })
  @IsString({ message: JOB })
  @Length(1, 400, { message: JOB })
  job!: string;
}

/** POST /schedules/preview */
export class PreviewBody extends WhenBody {
  @IsOptional()
  @IsInt({ message: "must be a whole number" })
  count?: number | null;

  @IsOptional()
  @IsString(TIME)
  from?: string | null;
}
