// Which child describes the next job of a source: the one that is there, a second one while many jobs wait, and another one
// for those that come while a job takes long. Nothing of one tenant's code meets another's.
import type { Sandbox } from "./sandbox.ts";

/** How long a job may make others of its source wait. */
const PATIENCE_MS = 250;
/** So many in a row had to wait: the first start of a folder, or a checkout of many jobs. */
const MANY = 8;
const MOST_AT_ONCE = 2;
/** The child goes when nothing was asked for so long. */
const LINGER_MS = 10_000;
/** Sources whose children wait for the next job; each child takes tens of megabytes. */
const MOST_SOURCES = 4;

/** A place for one child, which is made when it is needed. */
export class Kept {
  sandbox: Sandbox | undefined;
  /** No other job is given to it after the one at work. */
  isLeft = false;
  /** The one at work in it, and the end of what it may make others wait. */
  turn: { ended: Promise<unknown>; isLong: boolean; changed: Promise<unknown> } | undefined;
  #linger: NodeJS.Timeout | undefined;

  /** What it has; undefined when it has to be a new one. */
  get usable(): Sandbox | undefined {
    return this.sandbox?.spent === null ? this.sandbox : undefined;
  }

  begin(work: Promise<unknown>): void {
    clearTimeout(this.#linger);
    const ended = work.catch(() => undefined).then(() => (this.turn = undefined));
    const turn = { ended, isLong: false, changed: ended as Promise<unknown> };
    const long = new Promise<void>((resolve) => {
      setTimeout(() => {
        turn.isLong = true;
        resolve();
      }, PATIENCE_MS).unref();
    });
    turn.changed = Promise.race([ended, long]);
    this.turn = turn;
  }

  /** It is clean: the next job of its source may come soon. */
  linger(): void {
    if (this.isLeft) return this.drop();
    this.#linger = setTimeout(() => this.drop(), LINGER_MS).unref();
  }

  drop(): void {
    clearTimeout(this.#linger);
    this.sandbox?.kill("describing is done");
    this.sandbox = undefined;
  }
}

/** The children of one source. */
class Children {
  #all: Kept[] = [];
  /** So many in a row found none free. */
  #waited = 0;

  get isBusy(): boolean {
    return this.#all.some(({ turn }) => turn);
  }

  async use<T>(work: (kept: Kept) => Promise<T>): Promise<T> {
    let hasWaited = false;
    for (;;) {
      this.#leaveLong();
      // The one used last first: the others go when nobody needs them.
      const kept = this.#all.find(({ turn }) => !turn) ?? this.#more();
      if (kept) {
        if (!hasWaited) this.#waited = 0;
        const done = work(kept);
        kept.begin(done);
        return done;
      }
      if (!hasWaited) this.#waited++;
      hasWaited = true;
      await Promise.race(this.#all.flatMap(({ turn }) => (turn ? [turn.changed] : [])));
    }
  }

  drop(): void {
    for (const kept of this.#all) kept.drop();
  }

  /** Its child stays with a job that never comes to the end of its import, and goes with it. */
  #leaveLong(): void {
    for (const kept of this.#all) kept.isLeft ||= kept.turn?.isLong === true;
    this.#all = this.#all.filter(({ isLeft }) => !isLeft);
  }

  #more(): Kept | undefined {
    const most = this.#waited >= MANY ? MOST_AT_ONCE : 1;
    if (this.#all.length >= most) return undefined;
    const kept = new Kept();
    this.#all.push(kept);
    return kept;
  }
}

export class DescribingChildren {
  /** By source, the one used last at the end. */
  readonly #sources = new Map<string, Children>();

  /** Runs `work` with a place for a child of this source as soon as one is free. */
  use<T>(source: string, work: (kept: Kept) => Promise<T>): Promise<T> {
    const own = this.#sources.get(source) ?? new Children();
    this.#sources.delete(source);
    this.#sources.set(source, own);
    const idle = [...this.#sources].filter(([name, one]) => name !== source && !one.isBusy);
    for (const [name, one] of idle.slice(0, Math.max(0, this.#sources.size - MOST_SOURCES))) {
      one.drop();
      this.#sources.delete(name);
    }
    return own.use(work);
  }
}
