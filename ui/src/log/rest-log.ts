// The log of a run over REST: pages of lines, and what comes, by a stream or by asking.
import { API_BASE } from "../api/base.ts";
import { BROWSER } from "../api/browser-stream.ts";
import { addressFor, get } from "../api/client.ts";
import type { List, LogLine, Run } from "../api/contract.ts";
import { isOpen } from "../words/states.ts";
import { followSeen, type Way } from "./follow-seen.ts";
import { type Line, lineOf } from "./line.ts";
import type { LogSource } from "./log-store.ts";
import { Seats } from "./seats.ts";

/** A browser that may not use the stream tries it so often. */
const AGAIN_MS = 2_000;
/** How often is asked where there is no stream left. */
const POLL_MS = 1_000;
/** As many lines as REST answers at once. */
const MOST_LINES = 1_000;

export function restLog(runId: string): LogSource {
  const path = `/runs/${encodeURIComponent(runId)}/logs`;
  const read = async (after: number, limit: number, signal?: AbortSignal) =>
    (await get<List<LogLine>>(path, { after: String(after), limit }, signal)).data.map(lineOf);
  return {
    page: ({ after, limit }, signal) => read(after, limit, signal),
    follow(after, listener) {
      return followSeen(after, listener, {
        stream: streamOf(path),
        poll: pollOf(read, () => get<Run>(`/runs/${encodeURIComponent(runId)}`)),
        seats: new Seats(`jobmount logs ${API_BASE}`),
        hidden: BROWSER.hidden,
        onShown: BROWSER.onShown,
      });
    },
  };
}

function streamOf(path: string): Way {
  return (after, { lines, ended, connected }) => {
    let last = after;
    let stopped = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    let stream: EventSource | undefined;
    const open = () => {
      stream = new EventSource(addressFor(`${path}/stream`, { after: String(last) }));
      stream.addEventListener("open", () => connected(true));
      stream.addEventListener("message", (event: MessageEvent<string>) => {
        const line: Line = lineOf(JSON.parse(event.data) as LogLine);
        last = Math.max(last, line.seq);
        lines([line]);
      });
      stream.addEventListener("end", () => {
        stream?.close();
        ended();
      });
      stream.addEventListener("error", () => {
        connected(false);
        // The browser tries again by itself, save where the answer was no stream.
        if (stream?.readyState === EventSource.CLOSED && !stopped) again = setTimeout(open, AGAIN_MS);
      });
    };
    open();
    return {
      stop() {
        stopped = true;
        clearTimeout(again);
        stream?.close();
      },
    };
  };
}

function pollOf(read: (after: number, limit: number) => Promise<Line[]>, run: () => Promise<Run>): Way {
  return (after, { lines, ended, connected }) => {
    let last = after;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** Whether the run had ended before its lines were read: then these are the last. */
    const look = async () => {
      const isOver = !isOpen((await run()).state);
      const come = await read(last, MOST_LINES);
      if (stopped) return;
      connected(true);
      for (const { seq } of come) last = Math.max(last, seq);
      if (come.length > 0) lines(come);
      if (isOver && come.length < MOST_LINES) return ended();
      timer = setTimeout(ask, come.length < MOST_LINES ? POLL_MS : 0);
    };
    const ask = () =>
      void look().catch(() => {
        if (stopped) return;
        connected(false);
        timer = setTimeout(ask, AGAIN_MS);
      });
    ask();
    return {
      stop() {
        stopped = true;
        clearTimeout(timer);
      },
    };
  };
}
