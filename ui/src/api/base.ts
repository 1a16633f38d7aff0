// Where the page and REST lie.

/** With a slash at its end: `/` or `/jobmount/`. */
export const PAGE_BASE = new URL(document.baseURI).pathname;
export const API_BASE = `${PAGE_BASE}api/v1`;
