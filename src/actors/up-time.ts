// The up-time of this process: begins with its first look at what is due, is beaten every few seconds, ends with a gap.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { ON_TIME_MS } from "../schedules/plan.ts";
import { BACKWARDS_MS, type Outage, type UpTimeStore } from "../schedules/up-time.ts";
import type { Place } from "./place.ts";

export interface UpTimeOptions {
  store: UpTimeStore;
  /** Names the process, as its runs do. */
  replica: string;
  place: Place;
  /** Whether a process that was seen lately is there no more, as far as that can be known. */
  isGone(other: Place): boolean;
  log: Logger;
}

/** One write in five seconds is all that an idle service does for it. */
const BEAT_MS = 5_000;
/** A gap of what still counts as on time is a stall; a longer one was a downtime, whatever the reason. */
const GAP_MS = ON_TIME_MS;

export class UpTime {
  readonly #options: UpTimeOptions;
  #from: Instant | undefined;
  /** Since when this process or another one has looked without a gap. */
  #covered: Instant | undefined;
  #through = -Infinity;
  #written: Instant | undefined;
  /** Where the clock had been before it went back, until that is written down. */
  #back: Instant | undefined;
  /** The settling that failed first since one ended well, and when the last one failed. */
  #outage: (Outage & { until: Instant }) | undefined;
  #settled: Instant | undefined;

  constructor(options: UpTimeOptions) {
    this.#options = options;
  }

  /** Since when due fires have been looked for without a gap: what came due before is late, however quickly it is found. */
  since(now: Instant): Instant {
    if (this.#isBehind(now)) return this.#coveredBehind(now);
    return this.#isGap(now) ? now : this.#covered!;
  }

  /**
   * This process is about to settle at `now`. After a gap of its own it asks who else was there: a fire that another
   * replica is about to settle must not be called missed by one that has just begun. On another machine nobody can tell
   * one that was seen seconds ago from one that was killed since: its fires of these seconds are on time then, as after
   * a stall.
   */
  async begins(now: Instant): Promise<void> {
    if (this.#isBehind(now)) return this.#wentBack(now);
    if (!this.#isGap(now)) return;
    const { store, replica, isGone } = this.#options;
    const seen = await store.upSince(now - GAP_MS);
    const others = seen.filter((other) => other.replica !== replica && !isGone(other.place));
    this.#from = now;
    this.#covered = Math.min(now, ...others.map(({ from }) => from));
    this.#through = now;
    this.#written = undefined;
  }

  #isBehind(now: Instant): boolean {
    return this.#through - now > BACKWARDS_MS;
  }

  /**
   * A stretch begins that knows where the clock had been. Else "since" would lie ahead of every fire, and those of
   * schedules that are made now would count as missed until the clock has passed it.
   */
  #wentBack(now: Instant): void {
    const fields = {
      now: new Date(now).toISOString(),
      settledThrough: new Date(this.#through).toISOString(),
    };
    this.#options.log.warn(
      fields,
      `the clock went back by ${formatDuration(this.#through - now)}; schedules that had fired up to where it was have ` +
        "their rows, and fire again once it has passed there",
    );
    this.#covered = this.#coveredBehind(now);
    this.#from = now;
    this.#back = Math.max(this.#through, this.#back ?? -Infinity);
    this.#through = now;
    this.#written = undefined;
  }

  /**
   * Nobody was away. What the clock shows again and has no row is owed by schedules made since it went back, so
   * all of it that can be on time at all is: the step is known only with the first look after it.
   */
  #coveredBehind(now: Instant): Instant {
    return Math.min(this.#covered ?? now, now - GAP_MS);
  }

  #isGap(now: Instant): boolean {
    return this.#from === undefined || now - this.#through > GAP_MS;
  }

  /** A settling that began at `began` could not be written. Kept in memory, and written with what is written next. */
  failed(began: Instant, now: Instant, error: unknown): void {
    // A process that has never settled anything was not there before.
    if (this.#settled === undefined) return;
    // Nobody knows what went on in a silence before or between failures.
    const silent = began - (this.#outage?.until ?? this.#settled) > GAP_MS;
    if (silent && this.#outage === undefined) return;
    this.#outage = {
      since: silent ? began : (this.#outage?.since ?? began),
      until: now,
      why: wordsOf(error),
    };
  }

  /** Why nothing was settled before `now`, when this process was there and tried. */
  outage(now: Instant): Outage | undefined {
    return this.#outage && now - this.#outage.until <= GAP_MS ? this.#outage : undefined;
  }

  /** Everything due at `now` is settled: whoever reads the row knows that nothing up to it was overlooked. */
  async settled(now: Instant): Promise<void> {
    const outage = this.outage(now);
    // A stretch that was begun while nothing could be written begins with what was.
    if (outage && this.#written === undefined) this.#from = now;
    const from = this.#from ?? now;
    this.#settled = now;
    // A short one costs no fire its time, and leaves no gap to explain.
    if (this.#written !== undefined) this.#outage = undefined;
    this.#through = Math.max(this.#through, now);
    if (this.#written !== undefined && this.#through - this.#written < BEAT_MS) return;
    const { store, replica, place, log } = this.#options;
    const isFirst = this.#written === undefined;
    this.#written = this.#through;
    try {
      if (isFirst) await store.begin(replica, from, place, this.#back, outage?.why);
      else if (!(await store.beat(replica, from, this.#through))) this.#written = undefined;
      if (isFirst) this.#back = undefined;
      this.#outage = undefined;
    } catch (error) {
      // The next beat says as much as this one would have.
      this.#written = isFirst ? undefined : this.#written;
      log.debug({ error: messageOf(error) }, "the up-time was not written");
    }
  }

  async stop(now: Instant): Promise<void> {
    if (this.#from === undefined || this.#written === undefined) return;
    const { store, replica, log } = this.#options;
    try {
      await store.stop(replica, this.#from, Math.max(this.#through, now));
    } catch (error) {
      log.debug({ error: messageOf(error) }, "the end of the up-time was not written");
    }
  }
}

/** One line, for whoever reads an explanation: of a server its code alone, since its message may name hosts. */
function wordsOf(error: unknown): string {
  const inner = (error as { cause?: unknown } | null)?.cause ?? error;
  const code = (inner as { code?: unknown } | null)?.code;
  const [line] = messageOf(inner).split("\n");
  if (typeof code === "string" && !code.startsWith("SQLITE")) return code.slice(0, 200);
  const told = typeof code === "string" && !line!.includes(code) ? `${line} (${code})` : line!;
  return told.replace(/\.$/, "").slice(0, 200);
}
