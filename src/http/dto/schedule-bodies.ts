// Bodies that make, change or preview a schedule. Only shapes are checked here; what a cron text, a zone or an instant
// may be is the schedules' own rule.
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
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from "class-validator";
import { given } from "./given.ts";
import { CatchUpPart, DstPart, RetriesPart } from "./schedule-parts.ts";

const TEXT = "must be a text";
const LONG = { message: "must have at most 200 characters" };
const DURATION = 'must be a duration such as "15m"';
const WHOLE = { message: "must be a whole number" };
const POLICIES = "must be one of skip, buffer_one, buffer_all, cancel_other, allow_all";

/** What POST and PATCH share. Null where the shape itself may be null: the default holds, or the field is taken away. */
class ScheduleBody {
  static readonly opaque: readonly string[] = ["params"];

  @IsOptional()
  @IsString({ message: TEXT })
  @Length(1, 128, { message: "must have 1 to 128 characters" })
  name?: string | null;

  @IsOptional()
  @IsString({ message: TEXT })
  @MaxLength(64, { message: "must be the name of an IANA time zone, such as Europe/Berlin" })
  timeZone?: string | null;

  @ValidateIf(given)
  @IsObject({ message: "must be an object of param names and values" })
  params?: Record<string, unknown>;

  @ValidateIf(given)
  @IsBoolean({ message: "must be true or false" })
  enabled?: boolean;

  @IsOptional()
  @IsString({ message: POLICIES })
  @MaxLength(32, { message: POLICIES })
  overlap?: string | null;

  @IsOptional()
  @IsObject({ message: "must be an object with policy, windowMs and max" })
  @ValidateNested()
  @Type(() => CatchUpPart)
  catchUp?: CatchUpPart | null;

  @IsOptional()
  @IsObject({ message: "must be an object with gap and repeat" })
  @ValidateNested()
  @Type(() => DstPart)
  dst?: DstPart | null;

  @IsOptional()
  @IsString({ message: DURATION })
  @MaxLength(32, { message: DURATION })
  jitter?: string | null;

  @IsOptional()
  @IsInt(WHOLE)
  @Min(0, { message: "must be at least 0" })
  jitterMs?: number | null;

  @IsOptional()
  @IsString({ message: DURATION })
  @MaxLength(32, { message: DURATION })
  timeout?: string | null;

  @IsOptional()
  @IsInt(WHOLE)
  @Min(1, { message: "must be at least 1" })
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
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  startAt?: string | null;

  @IsOptional()
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  endAt?: string | null;

  @IsOptional()
  @IsInt(WHOLE)
  @Min(1, { message: "must be at least 1" })
  maxRuns?: number | null;
}

/** POST /schedules */
export class CreateScheduleBody extends ScheduleBody {
  @IsDefined({ message: "is required: the key of a job, such as billing.sync-orders" })
  @IsString({ message: "must be the key of a job, such as billing.sync-orders" })
  @Length(1, 400, { message: "must be the key of a job, such as billing.sync-orders" })
  job!: string;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  cron?: string;

  @ValidateIf(given)
  @IsString({ message: DURATION })
  @MaxLength(32, { message: DURATION })
  every?: string;

  @ValidateIf(given)
  @IsInt(WHOLE)
  @Min(1, { message: "must be at least 1" })
  everyMs?: number;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  anchorAt?: string;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  at?: string;
}

/** PATCH /schedules/{id}, a merge patch: null takes a field away. */
export class PatchScheduleBody extends ScheduleBody {
  @IsOptional()
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  cron?: string | null;

  @IsOptional()
  @IsString({ message: DURATION })
  @MaxLength(32, { message: DURATION })
  every?: string | null;

  @IsOptional()
  @IsInt(WHOLE)
  @Min(1, { message: "must be at least 1" })
  everyMs?: number | null;

  @IsOptional()
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  anchorAt?: string | null;

  @IsOptional()
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  at?: string | null;
}

/** POST /schedules/preview */
export class PreviewBody {
  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  cron?: string;

  @ValidateIf(given)
  @IsString({ message: DURATION })
  @MaxLength(32, { message: DURATION })
  every?: string;

  @ValidateIf(given)
  @IsInt(WHOLE)
  @Min(1, { message: "must be at least 1" })
  everyMs?: number;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  at?: string;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  anchorAt?: string;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(64, { message: "must be the name of an IANA time zone, such as Europe/Berlin" })
  timeZone?: string;

  @ValidateIf(given)
  @IsInt(WHOLE)
  @Min(1, { message: "must be at least 1" })
  count?: number;

  @ValidateIf(given)
  @IsString({ message: TEXT })
  @MaxLength(200, LONG)
  from?: string;

  @ValidateIf(given)
  @IsObject({ message: "must be an object with gap and repeat" })
  @ValidateNested()
  @Type(() => DstPart)
  dst?: DstPart;
}
