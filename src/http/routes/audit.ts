// The audit log: who changed what, and what was refused to whom.
import { AUDIT_OUTCOMES, type AuditEvent } from "../../access/audit.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { nextLink, PAGE_QUERY } from "../paging.ts";
import { anyOf, instant, oneOf, text } from "../query.ts";
import { list, ndjson } from "../reply.ts";
import { BASE, route } from "../route.ts";
import type { AUDIT_EVENT } from "../shapes/audit.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime } from "../time.ts";

const SORT = "-at";

export const auditRoutes = [
  route({
    method: "GET",
    path: `${BASE}/audit-events`,
    role: "admin",
    summary: "Every change and every refusal, newest first; a token limited to sources sees those of its own",
    query: {
      ...PAGE_QUERY,
      actor: anyOf("Only by these, by the names of their tokens"),
      action: anyOf("Only these actions; schedules means schedules.pause too"),
      target: text("Only what was done to this: an id, a source:key, a name"),
      source: anyOf("Only what concerns these sources"),
      outcome: anyOf("Only with these outcomes", AUDIT_OUTCOMES),
      since: instant("At or after: RFC 3339, or a duration back such as 24h"),
      until: instant("Before"),
      sort: oneOf("Newest first", [SORT], SORT),
    },
    replies: { 200: "AuditEventList" },
    formats: { "application/x-ndjson": "AuditEvent" },
    async handle({ deps, principal, query, url, format }) {
      const { events, stoppedAt } = await deps.audit.list(
        {
          actors: query.actor,
          actions: query.action,
          sources: query.source,
          outcomes: query.outcome,
          target: query.target,
          since: query.since,
          until: query.until,
          after: decodeCursor(query.cursor, query.sort),
          limit: query.limit + 1,
        },
        principal,
      );
      const rows = events.slice(0, query.limit).map(presentEvent);
      const last = events.length > rows.length ? rows.at(-1)!.id : stoppedAt;
      const next = last === null ? null : encodeCursor(query.sort, last);
      const link = nextLink(url, "cursor", next);
      if (format() === "application/x-ndjson") return ndjson(rows, link);
      const partial = stoppedAt === null ? {} : { partial: true };
      return list(rows, { next, hasMore: next !== null, ...partial }, link);
    },
  }),
];

function presentEvent(event: AuditEvent): Of<typeof AUDIT_EVENT> {
  const { at, ...rest } = event;
  return { ...rest, at: isoTime(at) };
}
