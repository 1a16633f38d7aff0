// Bodies about the versions of a job.
import { IsDefined, IsString, Length } from "class-validator";

const VERSION = "must be the hash of a version, or at least 7 digits of it";

/** POST /jobs/{key}/pin */
export class PinBody {
  static readonly example: Readonly<Record<string, unknown>> = { version: "9c41f02a" };

  @IsDefined({ message: `is required: ${VERSION.replace("must be ", "")}` })
  @IsString({ message: VERSION })
  @Length(7, 64, { message: VERSION })
  version!: string;
}
