// ETag and If-Match over revisions: nobody overwrites a change that he has not seen.
import { ExpectedError } from "../errors.ts";

export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** One of a list of RFC 9110, 13.1.1. Quotes are easily lost on a command line; a bare number can mean only one thing. */
const TAG = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"|(\d{1,15}))?[ \t]*(?:,|$)/y;
/** As `etagOf` writes them: tags are compared as they stand (strong comparison), so 07 is not 7. */
const OURS = /^(?:0|[1-9]\d{0,14})$/;

/**
 * The revisions that If-Match names; null for any, and none for tags that cannot be ours. 428 when it is required and
 * missing, 400 when it is no list of tags.
 */
export function expectedRevision(header: string, need: "required" | "optional"): readonly number[] | null {
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
  return tagsOf(text)
    .filter((tag) => OURS.test(tag))
    .map(Number);
}

/** The strong ones; a weak one matches nothing here. */
function tagsOf(text: string): string[] {
  const tags: string[] = [];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < text.length) {
    const match = TAG.exec(text);
    if (!match) {
      const message =
        'If-Match is no list of ETags. Send the ETag as you read it, with its quotes; several by comma: "3", "4".';
      throw new ExpectedError(400, "if_match", message);
    }
    const [, weak, quoted, bare] = match;
    const tag = quoted ?? bare;
    if (tag !== undefined && weak === undefined) tags.push(tag);
  }
  return tags;
}
