// The log of a run as an event stream: what is there, then what comes, until the run has ended. Each event can be gone on
// from, also at another process: all of them read the same rows.
import type { Followers } from "../runs/followers.ts";
import { isFinal } from "../runs/state.ts";
import type { RunQueries } from "../runs/queries.ts";
import type { LogLine } from "../runs/task-run.ts";
import { eventText, type EventSink } from "./event-stream.ts";
import { presentLogLine } from "./present/log-line.ts";

/** A run of another process is looked at this often; one of this process tells when there is more. */
const POLL_MS = 250;
/** With more followers than this each of them looks more seldom, so that the database has other things to do. */
const MANY = 10;
const LINES_AT_ONCE = 500;

export interface LogStreamOptions {
  runId: string;
  /** Only lines behind this number. */
  after: number;
  wanted(line: LogLine): boolean;
  queries: Pick<RunQueries, "byId" | "logLines">;
  followers: Followers;
  draining(): boolean;
}

/** `attempt-number`, as `Last-Event-ID` brings it back; undefined for what is no such id. */
export function seqOfEventId(id: string): number | undefined {
  const found = /^\d{1,9}-(\d{1,15})$/.exec(id);
  return found ? Number(found[1]) : undefined;
}

/** Writes until the run has ended or nobody reads any more, never more than the reader takes; ends the sink in any case. */
export async function followLog(sink: EventSink, options: LogStreamOptions): Promise<void> {
  const { runId, queries, followers, draining } = options;
  const gone = new AbortController();
  sink.onEnd(() => gone.abort());
  const following = followers.follow(runId);
  let last = options.after;
  try {
    // The headers go out at once with it.
    sink.sendText("retry: 1000\n\n");
    while (sink.open && !draining()) {
      // The run before its lines: once it has ended, all of them are there.
      const run = await queries.byId(runId);
      const { lines, hasMore } = await queries.logLines(runId, { after: last, limit: LINES_AT_ONCE });
      sink.sendText(lines.filter(options.wanted).map(textOf).join(""));
      last = lines.at(-1)?.seq ?? last;
      await sink.room();
      if (hasMore) continue;
      if (!run || isFinal(run.state)) {
        const { state, reason, cause } = run ?? { state: null, reason: null, cause: null };
        sink.send({ event: "end", data: { state, reason, cause } });
        break;
      }
      await following.next(POLL_MS * Math.max(1, followers.size / MANY), gone.signal);
    }
  } finally {
    following.stop();
    sink.end();
  }
}

function textOf(line: LogLine): string {
  return eventText({ id: `${line.attempt}-${line.seq}`, data: presentLogLine(line) });
}
