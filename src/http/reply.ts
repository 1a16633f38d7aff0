// What a route answers: plain data, sent in one place.

import type { EventSink } from "./event-stream.ts";

export interface Reply {
  status: number;
  /** Sent as JSON; left out with `text` and with 204. */
  body?: unknown;
  text?: string;
  /** Content type of `text`. */
  type?: string;
  /** Instead of a body: server-sent events, as long as somebody reads them. */
  events?(sink: EventSink): void;
  headers?: Readonly<Record<string, string>>;
  /** Id of what a POST made, by which a repeated request finds it again. */
  resourceId?: string;
}

export function ok(body: unknown, headers?: Record<string, string>): Reply {
  return { status: 200, body, headers };
}

export function created(resourceId: string, body: unknown, headers?: Record<string, string>): Reply {
  return { status: 201, body, headers, resourceId };
}

export const noContent: Reply = { status: 204 };

/** The frame of every list. */
export interface Page {
  /** What `cursor` (for lines and records: `after`) takes to go on; null at the end. */
  next: string | null;
  hasMore: boolean;
  count?: number;
  /** True when there are more than `count` says. */
  countCapped?: boolean;
  /** Not everything was looked at. */
  partial?: boolean;
}

export function list(data: readonly unknown[], page: Page, headers?: Record<string, string>): Reply {
  return ok({ data, page }, headers);
}

/** One JSON value a line. */
export function ndjson(rows: readonly unknown[], headers?: Record<string, string>): Reply {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return { status: 200, text, type: "application/x-ndjson", headers };
}

/** RFC 4180 with a header line. Cells that a spreadsheet would take for a formula get a leading apostrophe. */
export function csv(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  headers?: Record<string, string>,
): Reply {
  const lines = [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`);
  return { status: 200, text: lines.join(""), type: "text/csv; charset=utf-8; header=present", headers };
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
