// What lists share: the query fields of a page, and the address of the next one.
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { flag, integer, type QueryOf, text } from "./query.ts";
import type { Page } from "./reply.ts";

/** How many rows one page may hold. */
export const MAX_PAGE = 200;

export const PAGE_QUERY = {
  limit: integer("Rows on a page", 1, MAX_PAGE, 50),
  cursor: text("page.next of the page before"),
} as const;

/** Where counting stops, everywhere. */
export const MOST_COUNTED = 10_000;

/** The query fields of a list whose rows are all at hand. */
export const LIST_QUERY = { ...PAGE_QUERY, count: flag("true: also count matches, up to 10000") } as const;

/**
 * One page of `rows`, which are all at hand, in the order of their places. A place is a row's own text that no other has
 * and that does not change, so that what comes and goes between two pages moves no other row over their edge.
 */
export function pageOf<T>(
  rows: readonly T[],
  placeOf: (row: T) => string,
  sort: string,
  query: QueryOf<typeof LIST_QUERY>,
): { rows: T[]; page: Page } {
  const after = decodeCursor(query.cursor, sort);
  const found = rows
    .map((row) => ({ row, place: placeOf(row) }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  const page = found.slice(0, query.limit);
  const hasMore = found.length > page.length;
  return {
    rows: page.map(({ row }) => row),
    page: {
      next: hasMore ? encodeCursor(sort, page.at(-1)!.place) : null,
      hasMore,
      ...(query.count ? counted(rows.length) : {}),
    },
  };
}

function counted(all: number): Pick<Page, "count" | "countCapped"> {
  return all > MOST_COUNTED ? { count: MOST_COUNTED, countCapped: true } : { count: all };
}

/** `Link: <…>; rel="next"`: how formats without a frame say where the next page is. */
export function nextLink(url: string, parameter: string, next: string | null): Record<string, string> {
  if (next === null) return {};
  const address = new URL(url, "http://localhost");
  address.searchParams.set(parameter, next);
  return { Link: `<${address.pathname}${address.search}>; rel="next"` };
}
