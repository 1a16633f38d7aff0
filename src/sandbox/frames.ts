// Frames on a pipe: four bytes of length, then that many bytes of JSON text.

import type { Writable } from "node:stream";

// Taken before any job runs: a job may replace it for itself, not for us.
const { stringify } = JSON;

/** The bytes are not frames: whoever wrote them is not to be believed any more. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  /** Whole frames that came before them in the same chunk. */
  readonly before: readonly unknown[];

  constructor(message: string, before: readonly unknown[] = []) {
    super(message);
    this.before = before;
  }
}

/** One frame, ready to be written at once. */
export function encodeFrame(value: unknown): Buffer {
  const text = stringify(value);
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(4 + length);
  frame.writeUInt32BE(length, 0);
  frame.write(text, 4);
  return frame;
}

/** Sends frames; those of one turn of the event loop go out in one write. */
export class FrameWriter<M> {
  readonly #stream: Writable;
  #corked = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  send(message: M): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#stream.uncork();
      });
    }
    this.#stream.write(encodeFrame(message));
  }
}

/** Puts chunks together to frames. Holds at most one frame's bytes and the chunk at hand. */
export class FrameDecoder {
  readonly #maxBytes: number;
  /** What has come of the next frame. Joined once it is whole: joining at each chunk costs the square of their number. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that have to be there before there is anything to do. */
  #wanted = 4;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that are whole now; throws FrameError for what is not a frame. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: unknown[] = [];
    if (this.#bytes < this.#wanted) return frames;
    let buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#wanted = 4;
    while (buffer.length >= 4) {
      const length = buffer.readUInt32BE(0);
      if (length > this.#maxBytes) {
        throw new FrameError(
          `a frame of ${length} bytes was announced; at most ${this.#maxBytes} are allowed`,
          frames,
        );
      }
      this.#wanted = 4 + length;
      if (buffer.length < this.#wanted) break;
      this.#wanted = 4;
      frames.push(parse(buffer.toString("utf8", 4, 4 + length), frames));
      buffer = buffer.subarray(4 + length);
    }
    this.#chunks = buffer.length > 0 ? [buffer] : [];
    this.#bytes = buffer.length;
    return frames;
  }
}

function parse(text: string, before: readonly unknown[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FrameError("a frame does not hold JSON", before);
  }
}
