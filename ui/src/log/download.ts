// A whole log or list as a file: page after page of text, put together in the browser.

/** Every page of it, whichever it is: a log as plain text, rows as CSV. */
export async function downloadPages(
  address: string,
  name: string,
  type: "text/plain" | "text/csv",
): Promise<void> {
  const parts: string[] = [];
  let next: string | null = address;
  while (next !== null) {
    const answer: Response = await fetch(next, { headers: { Accept: type } });
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
    const text = await answer.text();
    parts.push(type === "text/csv" && parts.length > 0 ? withoutHead(text) : text);
    next = nextOf(answer.headers.get("Link"), answer.url);
  }
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has to have begun before the address is taken back.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Each page of CSV names its columns; a file does so once. */
export const withoutHead = (csv: string): string => csv.slice(csv.indexOf("\n") + 1);

/** The address of `rel="next"` (RFC 8288). */
export function nextOf(link: string | null, base: string): string | null {
  const found = link === null ? null : /<([^>]+)>\s*;\s*rel="?next"?/.exec(link);
  return found ? new URL(found[1]!, base).href : null;
}
