// The stream of change notices, for open pages.
import { BASE, route } from "../route.ts";

export const eventRoutes = [
  route({
    method: "GET",
    path: `${BASE}/events`,
    role: "viewer",
    summary:
      "Hints of what has changed, as server-sent events (changes, resync); without replay: each connect begins with resync",
    takes: ["Last-Event-ID"],
    replies: { 200: null },
    formats: { "text/event-stream": "Changes" },
    handle: ({ deps, principal }) => ({
      status: 200,
      events: (sink) => deps.changes.listen(sink, principal),
    }),
  }),
];
