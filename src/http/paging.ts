// What lists share: the query fields of a page, and the address of the next one.
import { integer, text } from "./query.ts";

/** How many rows one page may hold. */
export const MAX_PAGE = 200;

export const PAGE_QUERY = {
  limit: integer("Rows on a page", 1, MAX_PAGE, 50),
  cursor: text("page.next of the page before"),
} as const;

/** `Link: <…>; rel="next"`: how formats without a frame say where the next page is. */
export function nextLink(url: string, parameter: string, next: string | null): Record<string, string> {
  if (next === null) return {};
  const address = new URL(url, "http://localhost");
  address.searchParams.set(parameter, next);
  return { Link: `<${address.pathname}${address.search}>; rel="next"` };
}
