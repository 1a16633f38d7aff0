// The nested parts of a schedule's body: each is an object (never an array) with known fields only.
import { IsIn, IsInt, IsNumber, Max, Min, ValidateIf } from "class-validator";
import { given } from "./given.ts";

const WHOLE_MS = "must be a whole number of milliseconds, at least 0";

export class CatchUpPart {
  @ValidateIf(given)
  @IsIn(["skip", "latest", "all", "merge"], { message: "must be one of skip, latest, all, merge" })
  policy?: string;

  @ValidateIf(given)
  @IsInt({ message: WHOLE_MS })
  @Min(0, { message: WHOLE_MS })
  windowMs?: number;

  @ValidateIf(given)
  @IsInt({ message: "must be a whole number, at least 1" })
  @Min(1, { message: "must be at least 1" })
  max?: number;
}

export class DstPart {
  @ValidateIf(given)
  @IsIn(["next", "skip"], { message: "must be next or skip" })
  gap?: string;

  @ValidateIf(given)
  @IsIn(["first", "both"], { message: "must be first or both" })
  repeat?: string;
}

export class RetriesPart {
  @ValidateIf(given)
  @IsInt({ message: "must be a whole number, at least 1 (all tries counted)" })
  @Min(1, { message: "must be at least 1: all tries are counted" })
  attempts?: number;

  @ValidateIf(given)
  @IsInt({ message: WHOLE_MS })
  @Min(0, { message: WHOLE_MS })
  backoffMs?: number;

  @ValidateIf(given)
  @IsNumber({}, { message: "must be a number of at least 1" })
  @Min(1, { message: "must be at least 1" })
  @Max(100, { message: "must be at most 100" })
  factor?: number;

  @ValidateIf(given)
  @IsInt({ message: WHOLE_MS })
  @Min(0, { message: WHOLE_MS })
  maxMs?: number;
}
