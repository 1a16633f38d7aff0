// The nested parts of a schedule's body: each is an object (never an array) with known fields of the right type.
import { IsInt, IsNumber, IsOptional, IsString } from "class-validator";

const TEXT = { message: "must be a text" };
const DURATION = { message: 'must be a duration such as "15m"' };
const WHOLE_MS = { message: "must be a whole number of milliseconds" };
const WHOLE = { message: "must be a whole number" };

export class CatchUpPart {
  @IsOptional()
  @IsString(TEXT)
  policy?: string | null;

  @IsOptional()
  @IsString(DURATION)
  window?: string | null;

  @IsOptional()
  @IsInt(WHOLE_MS)
  windowMs?: number | null;

  @IsOptional()
  @IsInt(WHOLE)
  max?: number | null;
}

export class DstPart {
  @IsOptional()
  @IsString(TEXT)
  gap?: string | null;

  @IsOptional()
  @IsString(TEXT)
  repeat?: string | null;
}

export class RetriesPart {
  @IsOptional()
  @IsInt(WHOLE)
  attempts?: number | null;

  @IsOptional()
  @IsString(DURATION)
  backoff?: string | null;

  @IsOptional()
  @IsInt(WHOLE_MS)
  backoffMs?: number | null;

  @IsOptional()
  @IsNumber({}, { message: "must be a number" })
  factor?: number | null;

  @IsOptional()
  @IsString(DURATION)
  max?: string | null;

  @IsOptional()
  @IsInt(WHOLE_MS)
  maxMs?: number | null;
}
