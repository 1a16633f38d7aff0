// Server-sent events: one writer for all streams, with a heartbeat, an end for slow readers, and one for lost rights.
import { PassThrough } from "node:stream";

/** A comment now and then, so that proxies and readers know that the stream is alive. */
export const HEARTBEAT_MS = 15_000;
/** A reader that lets so much pile up is ended; it comes back and reads anew. */
const MAX_BEHIND = 1024 * 1024;

export const EVENT_STREAM_HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  // Proxies are not to gather events, nor to compress them, which would gather them too.
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
} as const;

/** What a route writes its events to. */
export interface EventSink {
  /** False when the stream has ended: nothing more is written. */
  readonly open: boolean;
  send(event: { event?: string; id?: string; data: unknown }): void;
  /** Text of whole events, made once for many streams. */
  sendText(text: string): void;
  /** Resolves when the reader has taken what was written, or the stream has ended. */
  room(): Promise<void>;
  end(): void;
  /** `act` is done once, when the stream has ended for whatever reason. */
  onEnd(act: () => void): void;
}

/** One event as it goes over the wire. JSON has no line breaks of its own. */
export function eventText({ event, id, data }: { event?: string; id?: string; data: unknown }): string {
  const head = `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

export interface EventStreamOptions {
  /** Asked at each heartbeat; the stream ends when whoever reads it may not any more. */
  stillAllowed(): Promise<boolean>;
  heartbeatMs?: number;
}

/** A stream and its sink. The stream is ended by `end`, by its reader, or by whoever closes the server. */
export function eventStream(options: EventStreamOptions): { stream: PassThrough; sink: EventSink } {
  const stream = new PassThrough({ highWaterMark: 16 * 1024 });
  const ends: (() => void)[] = [];
  let open = true;
  /** Whoever writes waits for room: one at a time. */
  let waiting: () => void = () => undefined;
  const finish = () => {
    if (!open) return;
    open = false;
    clearInterval(heartbeat);
    for (const act of ends.splice(0)) act();
    waiting();
  };
  const write = (text: string) => {
    if (!open || text === "") return;
    if (stream.writableLength > MAX_BEHIND) stream.destroy();
    else stream.write(text);
  };
  const heartbeat = setInterval(() => {
    // A reader that is still busy with what was written is not to be ended by this.
    if (!stream.writableNeedDrain) write(": still here\n\n");
    options.stillAllowed().then(
      (allowed) => allowed || sink.end(),
      // A database that is away says nothing of rights.
      () => undefined,
    );
  }, options.heartbeatMs ?? HEARTBEAT_MS);
  heartbeat.unref();
  stream.on("drain", () => waiting());
  stream.once("close", finish);
  stream.on("error", finish);
  const sink: EventSink = {
    get open() {
      return open;
    },
    send: (event) => write(eventText(event)),
    sendText: write,
    room: () =>
      new Promise((resolve) => {
        if (open && stream.writableNeedDrain) waiting = resolve;
        else resolve();
      }),
    end() {
      if (!open) return;
      stream.end();
      finish();
    },
    onEnd(act) {
      if (open) ends.push(act);
      else act();
    },
  };
  return { stream, sink };
}
