// The revisions that a change expects, as If-Match names them: a change is made only of what its maker has seen.
import { ExpectedError } from "../errors.ts";

/** One revision, one of several, or null for whichever is there; of an empty list none is. */
export type Expected = number | readonly number[] | null;

/** Throws ExpectedError 412 unless the revision is expected. `what`: "schedule", "job". */
export function requireExpected(what: string, revision: number, expected: Expected): void {
  if (expected === null) return;
  const any = typeof expected === "number" ? [expected] : expected;
  if (any.includes(revision)) return;
  const message =
    any.length === 0
      ? `If-Match names no ETag that the ${what} ever had. Read it again and send its ETag as it is.`
      : `The ${what} was changed meanwhile: it is at revision ${revision}, not ${any.join(" or ")}. Read it again and repeat the change.`;
  throw new ExpectedError(412, "revision", message);
}
