// Bodies that pause, resume and skip. Only names and types are checked here; what an `until` may be is the schedules' rule.
import { IsBoolean, IsInt, IsOptional, IsString, ValidateIf } from "class-validator";
import { given } from "./given.ts";

const ASKED = {
  message: 'must be a time such as "yesterday 02:00", or RFC 3339 (2027-01-31T00:00:00Z)',
};
const REASON = { message: "must be a text of at most 500 characters" };

/** POST …/pause */
export class PauseBody {
  static readonly example: Readonly<Record<string, unknown>> = { reason: "the shop is closed", until: "2h" };

  @IsOptional()
  @IsString(REASON)
  reason?: string | null;

  @IsOptional()
  @IsString({
    message:
      'must be a duration such as "2h", a time such as "tomorrow 06:00", or RFC 3339 (2027-01-31T00:00:00Z)',
  })
  until?: string | null;
}

/** POST …/resume */
export class ResumeBody {
  static readonly example: Readonly<Record<string, unknown>> = { reason: "the shop is open", dryRun: true };

  @IsOptional()
  @IsString(REASON)
  reason?: string | null;

  @ValidateIf(given)
  @IsBoolean({ message: "must be true (only say what it would do) or false" })
  dryRun?: boolean;
}

/** POST /schedules/{id}/skip-next */
export class SkipNextBody {
  static readonly example: Readonly<Record<string, unknown>> = { count: 1, reason: "holiday" };

  @IsOptional()
  @IsInt({ message: "must be a whole number from 0 to 50" })
  count?: number | null;

  @IsOptional()
  @IsString(REASON)
  reason?: string | null;
}

/** POST /schedules/{id}/backfill */
export class BackfillBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    from: "2027-01-01T00:00:00Z",
    to: "2027-01-02T00:00:00Z",
    max: 50,
    dryRun: true,
  };

  @IsOptional()
  @IsString(ASKED)
  from?: string | null;

  @IsOptional()
  @IsString(ASKED)
  to?: string | null;

  @IsOptional()
  @IsInt({ message: "must be a whole number from 1 to 1000" })
  max?: number | null;

  @IsOptional()
  @IsString({ message: "must be not_run, not_succeeded or all" })
  only?: string | null;

  @ValidateIf(given)
  @IsBoolean({ message: "must be true (only say how many would run) or false" })
  dryRun?: boolean;
}
