// The body that sets things for a job. Only names and types are checked here; what may be set is the schedules' rule.
import { Type } from "class-transformer";
import {
  IsBoolean,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  ValidateIf,
  ValidateNested,
} from "class-validator";
import { given } from "./given.ts";
import { RetriesPart } from "./schedule-parts.ts";

/** PATCH /jobs/{key}; null takes back what was set. */
export class PatchJobBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    timeout: "30m",
    retries: { attempts: 3 },
    notes: "the vendor is slow on Mondays",
  };

  @IsOptional()
  @IsBoolean({ message: "must be true, or false to switch the job off" })
  enabled?: boolean | null;

  @ValidateIf(given)
  @IsBoolean({ message: "must be true (only say what it would do) or false" })
  dryRun?: boolean;

  @IsOptional()
  @IsString({ message: 'must be a duration such as "15m"' })
  timeout?: string | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number of milliseconds" })
  timeoutMs?: number | null;

  @IsOptional()
  @IsObject({ message: "must be an object with attempts, backoffMs, factor and maxMs" })
  @ValidateNested()
  @Type(() => RetriesPart)
  retries?: RetriesPart | null;

  @IsOptional()
  @IsString({ message: "must be a text" })
  overlap?: string | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number from 1 to 10000" })
  concurrency?: number | null;

  @IsOptional()
  @IsNumber({}, { message: "must be a number from 0 to 1" })
  maxFailedShare?: number | null;

  @IsOptional()
  @IsString({ message: "must be a text of at most 4000 characters" })
  notes?: string | null;
}
