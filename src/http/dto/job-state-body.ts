// The body that sets a job's durable values right.
import { IsDefined, IsObject } from "class-validator";

/** PUT /jobs/{key}/state */
export class JobStateBody {
  static readonly example: Readonly<Record<string, unknown>> = {
    values: { cursor: "2027-01-31", token: { secret: true } },
  };

  static readonly opaque = ["values"] as const;

  @IsDefined({ message: "is required: an object of names and values; {} removes all" })
  @IsObject({ message: "must be an object of names and values" })
  values!: Record<string, unknown>;
}
