// ETag and If-Match over revisions: nobody overwrites a change that he has not seen.
import { ExpectedError } from "../errors.ts";

export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** The revision that If-Match names; null for any. 428 when it is required and missing, 412 when it cannot match. */
export function expectedRevision(header: string, need: "required" | "optional"): number | null {
  const text = header.trim();
  if (text === "*") return null;
  if (text === "") {
    if (need === "optional") return null;
    throw new ExpectedError(
      428,
      "if_match_required",
      "Send If-Match with the ETag of the version that you changed, or If-Match: * to change whatever is there.",
    );
  }
  // Quotes are easily lost on a command line; a bare number can mean only one thing.
  const match = /^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(text);
  if (match) return Number(match[1] ?? match[2]);
  throw new ExpectedError(
    412,
    "if_match",
    "If-Match names no ETag of ours. Read the resource again and send its ETag as it is.",
  );
}
