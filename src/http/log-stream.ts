// The log of a run as an event stream: what is there, then what comes, until the run has ended. Each event can be gone on
// from, also at another process: all of them read the same rows.
import type { Instant } from "../clock.ts";
import type { Followers } from "../runs/followers.ts";
import { isFinal } from "../runs/state.ts";
import type { RunQueries } from "../runs/store.ts";
import type { LogLine } from "../runs/task-run.ts";
import { presentLogLine } from "./present/log-line.ts";

/** A run of another process is looked at this often; one of this process tells when there is more. */
const POLL_MS = 250;
/** With more followers than this each of them looks more seldom, so that the database has other things to do. */
const MANY = 10;
/** Something is written at least this often: what stands between would close a silent connection. */
const QUIET_MS = 15_000;
const LINES_AT_ONCE = 500;

export interface LogStreamOptions {
  runId: string;
  /** Only lines behind this number. */
  after: number;
  wanted(line: LogLine): boolean;
  queries: Pick<RunQueries, "byId" | "logLines">;
  followers: Followers;
  /** Whoever reads has gone. */
  gone: AbortSignal;
  draining(): boolean;
  now(): Instant;
}

/** `attempt-number`, as `Last-Event-ID` brings it back; undefined for what is no such id. */
export function seqOfEventId(id: string): number | undefined {
  const found = /^\d{1,9}-(\d{1,15})$/.exec(id);
  return found ? Number(found[1]) : undefined;
}

export async function* logEvents(options: LogStreamOptions): AsyncGenerator<string> {
  const { runId, queries, followers, gone, draining, now } = options;
  const following = followers.follow(runId);
  let last = options.after;
  let wroteAt = now();
  try {
    // The headers go out at once with it.
    yield "retry: 1000\n\n";
    while (!gone.aborted && !draining()) {
      // The run before its lines: once it has ended, all of them are there.
      const run = await queries.byId(runId);
      const { lines, hasMore } = await queries.logLines(runId, { after: last, limit: LINES_AT_ONCE });
      const events = lines.filter(options.wanted).map(eventOf).join("");
      last = lines.at(-1)?.seq ?? last;
      if (events !== "") {
        yield events;
        wroteAt = now();
      }
      if (hasMore) continue;
      if (!run || isFinal(run.state)) {
        const { state, reason, cause } = run ?? { state: null, reason: null, cause: null };
        return yield `event: end\ndata: ${JSON.stringify({ state, reason, cause })}\n\n`;
      }
      if (now() - wroteAt > QUIET_MS) {
        yield ": nothing new\n\n";
        wroteAt = now();
      }
      await following.next(POLL_MS * Math.max(1, followers.size / MANY), gone);
    }
  } finally {
    following.stop();
  }
}

function eventOf(line: LogLine): string {
  return `id: ${line.attempt}-${line.seq}\ndata: ${JSON.stringify(presentLogLine(line))}\n\n`;
}
