// Bodies that start a run, or ask whether its params would do.
import { IsIn, IsInt, IsObject, Max, Min, ValidateIf } from "class-validator";
import { given } from "./given.ts";

const PARAMS = "must be an object of param names and values";
const MAX_DELAY_MS = 30 * 86_400_000;

/** POST /jobs/{key}/runs */
export class TriggerBody {
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

/** POST /jobs/{key}/validate */
export class ValidateBody {
  static readonly opaque = ["params"] as const;

  @ValidateIf(given)
  @IsObject({ message: PARAMS })
  params?: Record<string, unknown>;
}
