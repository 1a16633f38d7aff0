// Follows a log as long as somebody sees the page: by a stream where one is left, else by asking now and then. What came while
// nobody looked is read when the page is shown again.
import type { Line } from "./line.ts";
import type { FollowListener } from "./log-store.ts";

interface Following {
  stop(): void;
}

/** One way to follow from a line on. */
export type Way = (after: number, listener: FollowListener) => Following;

export interface Ways {
  stream: Way;
  poll: Way;
  seats: { take(): Promise<boolean>; leave(): void; close(): void };
  /** Nobody sees the page. */
  hidden(): boolean;
  /** `act` is called when that changes; answers how to end it. */
  onShown(act: () => void): () => void;
}

export function followSeen(after: number, listener: FollowListener, ways: Ways): Following {
  let last = after;
  let now: Following | undefined;
  /** Grows with each change: what was begun for an earlier one is not gone on with. */
  let turn = 0;
  const told: FollowListener = {
    ...listener,
    lines(lines: readonly Line[]) {
      for (const { seq } of lines) last = Math.max(last, seq);
      listener.lines(lines);
    },
  };
  const rest = () => {
    turn += 1;
    now?.stop();
    now = undefined;
    ways.seats.leave();
  };
  const begin = async () => {
    const mine = (turn += 1);
    const hasSeat = await ways.seats.take();
    if (mine !== turn) return hasSeat && now === undefined ? ways.seats.leave() : undefined;
    now = (hasSeat ? ways.stream : ways.poll)(last, told);
  };
  const endShown = ways.onShown(() => {
    if (ways.hidden()) rest();
    else if (!now) void begin();
  });
  if (!ways.hidden()) void begin();
  return {
    stop() {
      endShown();
      rest();
      ways.seats.close();
    },
  };
}
