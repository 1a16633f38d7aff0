// Bodies that hand out access: tokens and sign-in links.
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from "class-validator";
import { LONGEST_CODE_MS } from "../../access/access.ts";
import { ROLES, type Role } from "../../access/role.ts";
import { given } from "./given.ts";

const VALID = `must be whole milliseconds from 60000 to ${LONGEST_CODE_MS} (seven days)`;
const NAME =
  "must be a name of 1 to 100 characters, without line breaks and other characters that nobody sees";
/** Control characters, and those that turn the direction of what stands behind them: a name is read in lists and logs. */
const UNSEEN = /^[^\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u;
const ROLE = `must be one of ${ROLES.join(", ")}`;
/** As EXTERNAL_TASKS_PATH takes them. */
const SOURCE_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const TWICE = "must name each source once";
const SOURCE =
  "must be names of sources: lower-case letters, digits, - and _, beginning with a letter or digit; GET /sources lists them";
const SOURCES = "must be an array of 1 to 100 names of sources, or left out for all";

/** POST /tokens */
export class TokenBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    name: "ci",
    role: "operator",
    sources: ["default"],
    expiresAt: "2030-01-31T00:00:00Z",
  };

  @IsDefined({ message: "is required: a name by which people know the token" })
  @IsString({ message: NAME })
  @Length(1, 100, { message: NAME })
  @Matches(UNSEEN, { message: NAME })
  name!: string;

  @IsDefined({ message: `is required: one of ${ROLES.join(", ")}` })
  @IsIn(ROLES, { message: ROLE })
  role!: Role;

  /** Null: all sources. Left out: those of whoever asks. */
  @ValidateIf((_body: object, value: unknown) => value !== undefined && value !== null)
  @IsArray({ message: SOURCES })
  @ArrayMinSize(1, { message: SOURCES })
  @ArrayMaxSize(100, { message: SOURCES })
  @ArrayUnique({ message: TWICE })
  @IsString({ each: true, message: SOURCES })
  @Matches(SOURCE_NAME, { each: true, message: SOURCE })
  sources?: string[] | null;

  /** RFC 3339; null or left out: never. */
  @ValidateIf((_body: object, value: unknown) => value !== undefined && value !== null)
  @IsString({ message: "must be an RFC 3339 time such as 2027-01-31T00:00:00Z" })
  expiresAt?: string | null;
}

/** POST /sign-in-links */
export class SignInLinkBody {
  static readonly example: Readonly<Record<string, unknown>> = { name: "laptop", role: "admin" };

  @ValidateIf(given)
  @IsString({ message: NAME })
  @Length(1, 100, { message: NAME })
  @Matches(UNSEEN, { message: NAME })
  name?: string;

  @ValidateIf(given)
  @IsIn(ROLES, { message: ROLE })
  role?: Role;

  @ValidateIf((_body: object, value: unknown) => value !== undefined && value !== null)
  @IsArray({ message: SOURCES })
  @ArrayMinSize(1, { message: SOURCES })
  @ArrayMaxSize(100, { message: SOURCES })
  @ArrayUnique({ message: TWICE })
  @IsString({ each: true, message: SOURCES })
  @Matches(SOURCE_NAME, { each: true, message: SOURCE })
  sources?: string[] | null;
  /** How long the link may wait to be used. */
  @ValidateIf(given)
  @IsInt({ message: VALID })
  @Min(60_000, { message: VALID })
  @Max(LONGEST_CODE_MS, { message: VALID })
  validMs?: number;
}
