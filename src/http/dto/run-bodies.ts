// Bodies that start a run, end it or do it again, or ask whether its params would do.
import { IsBoolean, IsIn, IsInt, IsObject, IsString, Max, MaxLength, Min, ValidateIf } from "class-validator";
import { given } from "./given.ts";

const PARAMS = "must be an object of param names and values";
const MAX_DELAY_MS = 30 * 86_400_000;

/** POST /jobs/{key}/runs */
export class TriggerBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    params: { country: "Japan" },
    priority: 5,
    onBusy: "queue",
  };

  static readonly opaque = ["params"] as const;

  @ValidateIf(given)
  @IsObject({ message: PARAMS })
  params?: Record<string, unknown>;

  @ValidateIf(given)
  @IsInt({ message: "must be a whole number from -10 to 10" })
  @Min(-10, { message: "must be at least -10" })
  @Max(10, { message: "must be at most 10" })
  priority?: number;

  @ValidateIf(given)
  @IsInt({ message: "must be a whole number of milliseconds" })
  @Min(0, { message: "must be at least 0" })
  @Max(MAX_DELAY_MS, { message: `must be at most ${MAX_DELAY_MS} (30 days)` })
  delayMs?: number;

  @ValidateIf(given)
  @IsIn(["queue", "refuse"], { message: "must be queue (wait for a free slot) or refuse (answer 409)" })
  onBusy?: "queue" | "refuse";
}

/** POST /runs/{id}/cancel */
export class CancelBody {
  static readonly example: Readonly<Record<string, unknown>> = { reason: "wrong month" };

  @ValidateIf(given)
  @IsString({ message: "must be a text" })
  @MaxLength(1_000, { message: "must have at most 1000 characters" })
  reason?: string;
}

/** POST /runs/{id}/retry */
export class RetryBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    version: "current",
    onlyFailedRecords: true,
  };

  static readonly opaque = ["params"] as const;

  @ValidateIf(given)
  @IsObject({ message: PARAMS })
  params?: Record<string, unknown>;

  @ValidateIf(given)
  @IsIn(["same", "current"], {
    message: "must be same (the version that ran) or current (the one that serves now)",
  })
  version?: "same" | "current";

  @ValidateIf(given)
  @IsBoolean({ message: "must be true or false" })
  onlyFailedRecords?: boolean;
}

/** POST /jobs/{key}/validate */
export class ValidateBody {
  static readonly example: Readonly<Record<string, unknown>> = { params: { country: "Japan" } };

  static readonly opaque = ["params"] as const;

  @ValidateIf(given)
  @IsObject({ message: PARAMS })
  params?: Record<string, unknown>;
}
