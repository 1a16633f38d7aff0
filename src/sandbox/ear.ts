// Hears the frames of one child: in their order, checked, and never so many at a stretch that others would wait.
import type { Readable } from "node:stream";
import { messageOf } from "../errors.ts";
import { FrameDecoder, FrameError } from "./frames.ts";
import { type FromChild, MAX_FRAME_BYTES } from "./protocol.ts";
import { toMessage } from "./told.ts";

/** Of each window a child has so much of our time; then its pipe waits, and with it whoever floods it. */
const WINDOW_MS = 50;
const SHARE_MS = 10;
/** What reading a chunk costs before it is looked at. */
const READ_MS = 0.01;
const LARGE = 8_192;

export class Ear {
  readonly #stream: Readable;
  readonly #decoder = new FrameDecoder(MAX_FRAME_BYTES);
  readonly #hear: (message: FromChild) => void;
  readonly #broken: (fault: string) => void;
  readonly #mayRest: () => boolean;
  /** It has told too much lately: its pipe waits a little. */
  resting = false;
  #deaf = false;
  #windowFrom = 0;
  #usedMs = 0;

  /** `broken` is told once; nothing is heard after it. `mayRest` says whether its pipe may wait just now. */
  constructor(
    stream: Readable,
    hear: (message: FromChild) => void,
    broken: (fault: string) => void,
    mayRest: () => boolean,
  ) {
    this.#stream = stream;
    this.#hear = hear;
    this.#broken = broken;
    this.#mayRest = mayRest;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** Whoever wrote it, this child is not to be believed any more. */
  fault(text: string): void {
    if (this.#deaf) return;
    this.#deaf = true;
    this.#broken(text);
  }

  #take(chunk: Buffer): void {
    if (this.#deaf) return;
    const from = performance.now();
    let ends = false;
    const { frames, fault } = this.#framesIn(chunk);
    try {
      for (const frame of frames) {
        const message = toMessage(frame);
        ends ||= message.t === "idle";
        this.#hear(message);
        if (this.#deaf) return;
      }
    } catch (error) {
      return this.fault(messageOf(error));
    }
    if (fault !== null) return this.fault(fault);
    if (!ends || chunk.length > LARGE) this.#rest(from);
  }

  /** What was whole before the fault is heard: it was told as agreed. */
  #framesIn(chunk: Buffer): { frames: readonly unknown[]; fault: string | null } {
    try {
      return { frames: this.#decoder.push(chunk), fault: null };
    } catch (error) {
      return { frames: error instanceof FrameError ? error.before : [], fault: messageOf(error) };
    }
  }

  /** Small chunks that end an attempt are no flood, however many there are. */
  #rest(from: number): void {
    const now = performance.now();
    if (now - this.#windowFrom > WINDOW_MS) {
      this.#windowFrom = from;
      this.#usedMs = 0;
    }
    this.#usedMs += now - from + READ_MS;
    if (this.#usedMs < SHARE_MS || !this.#mayRest()) return;
    this.resting = true;
    this.#stream.pause();
    setTimeout(
      () => {
        this.resting = false;
        this.#stream.resume();
      },
      this.#windowFrom + WINDOW_MS - now,
    );
  }
}
