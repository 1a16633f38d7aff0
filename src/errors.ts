// The expected errors: typed, with the status and the public text that may be shown to whoever asked.

/** One wrong field of an input: an RFC 6901 pointer, a stable code, and a sentence that says what is allowed. */
export interface FieldError {
  pointer: string;
  code: string;
  message: string;
}

/** An error that we expect and whose message is meant for the caller. `status` is the HTTP status, also off HTTP. */
export class ExpectedError extends Error {
  override readonly name: string = "ExpectedError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly FieldError[] = [],
  ) {
    super(message);
  }
}

/** A database refuses the values themselves, and would refuse them again, whoever asks. */
export class ValuesRefused extends Error {}

/** The values are more than a database takes in one statement. */
export class TooMuchAtOnce extends ValuesRefused {}

/** 422: the input was understood, and one or more of its fields are wrong. */
export function invalid(fields: readonly FieldError[], message?: string): ExpectedError {
  const first = fields[0];
  const text =
    message ?? (first ? `${first.pointer || "the body"}: ${first.message}` : "the input is not valid");
  return new ExpectedError(422, "validation", text, fields);
}

/** 404 with the noun and the id that was asked for. */
export function notFound(message: string): ExpectedError {
  return new ExpectedError(404, "not_found", message);
}

/** 409: right in itself, but not in the state that things are in now. */
export function conflict(code: string, message: string): ExpectedError {
  return new ExpectedError(409, code, message);
}

/** What a thrown value says: jobs and libraries throw strings, null and frozen things too. Never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message || thrown.name;
    if (typeof thrown === "string") return thrown;
    return String(thrown);
  } catch {
    return "a value that cannot be shown was thrown";
  }
}
