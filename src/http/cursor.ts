// Opaque cursors: the id of the row where a page ended, bound to what the list was sorted by.
import { ExpectedError } from "../errors.ts";

const MAX_ID = 400;

export function encodeCursor(sort: string, id: string): string {
  return Buffer.from(JSON.stringify([sort, id])).toString("base64url");
}

/** The id in a cursor that we made for the same sort; undefined without a cursor, 400 for anything else. */
export function decodeCursor(text: string | undefined, sort: string): string | undefined {
  if (text === undefined) return undefined;
  const parts = parse(text);
  if (!parts) throw wrong("The cursor is not one of ours. Take page.next of the last answer.");
  if (parts.sort === sort) return parts.id;
  throw wrong(
    `The cursor belongs to a list sorted by ${parts.sort}, not by ${sort}. Start again without a cursor.`,
  );
}

function parse(text: string): { sort: string; id: string } | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (!Array.isArray(parts) || parts.length !== 2) return undefined;
    const [sort, id] = parts as unknown[];
    if (typeof sort !== "string" || !/^-?[A-Za-z]{1,32}$/.test(sort)) return undefined;
    return typeof id === "string" && id.length > 0 && id.length <= MAX_ID ? { sort, id } : undefined;
  } catch {
    return undefined;
  }
}

function wrong(message: string): ExpectedError {
  return new ExpectedError(400, "cursor", message);
}
