// One stream of notices for all pages of a browser: over plain http it opens six connections to a service in all, and six
// pages with a stream each would leave none. One page leads, the others hear it; when it goes, another one leads. Two that
// lead for a moment cost a connection, and nothing else.
import type { NoticeHandlers, NoticeStream } from "./live.ts";

type Message =
  | { kind: "ask" | "bye" | "resync" | "trouble" }
  | { kind: "here"; id: number; isOpen: boolean }
  | { kind: "changes"; text: string };

const TIMING = {
  /** Nobody has answered by then: nobody leads. */
  answersWithinMs: 150,
  /** Pages that begin together do not all lead. */
  spreadMs: 150,
  /** Who leads says so this often. */
  hereMs: 4_000,
  /** Who has not been heard of for so long is gone. */
  goneMs: 10_000,
};

export class SharedStream implements NoticeStream {
  readonly #handlers: NoticeHandlers;
  readonly #openOwn: (handlers: NoticeHandlers) => NoticeStream;
  readonly #channel: InstanceType<typeof BroadcastChannel>;
  readonly #timing: typeof TIMING;
  readonly #id = Math.random();
  /** Ours, while we lead. */
  #own: NoticeStream | undefined;
  #isOpen = false;
  /** Heard of a leader whose stream is open, and have read everything since. */
  #isFollowing = false;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #here: ReturnType<typeof setInterval> | undefined;

  constructor(
    name: string,
    openOwn: (handlers: NoticeHandlers) => NoticeStream,
    handlers: NoticeHandlers,
    timing: Partial<typeof TIMING> = {},
  ) {
    this.#handlers = handlers;
    this.#openOwn = openOwn;
    this.#timing = { ...TIMING, ...timing };
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: { data: unknown }) => this.#hear(data as Message);
    this.#ask();
  }

  get closed(): boolean {
    return this.#own?.closed ?? false;
  }

  close(): void {
    clearTimeout(this.#waiting);
    if (this.#own) this.#say({ kind: "bye" });
    this.#yield();
    this.#channel.close();
  }

  #say(message: Message): void {
    this.#channel.postMessage(message);
  }

  #ask(): void {
    this.#isFollowing = false;
    this.#say({ kind: "ask" });
    const { answersWithinMs, spreadMs } = this.#timing;
    this.#wait(answersWithinMs + Math.random() * spreadMs, () => this.#lead());
  }

  #wait(ms: number, act: () => void): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(act, ms);
  }

  #sayHere(): void {
    this.#say({ kind: "here", id: this.#id, isOpen: this.#isOpen });
  }

  #lead(): void {
    this.#here = setInterval(() => this.#sayHere(), this.#timing.hereMs);
    this.#own = this.#openOwn({
      resync: () => {
        this.#isOpen = true;
        this.#say({ kind: "resync" });
        this.#handlers.resync();
      },
      changes: (text) => {
        this.#say({ kind: "changes", text });
        this.#handlers.changes(text);
      },
      trouble: () => {
        this.#isOpen = false;
        this.#say({ kind: "trouble" });
        this.#handlers.trouble();
      },
    });
    this.#sayHere();
  }

  #yield(): void {
    this.#own?.close();
    this.#own = undefined;
    this.#isOpen = false;
    clearInterval(this.#here);
  }

  #hear(message: Message): void {
    if (this.#own) {
      if (message.kind === "ask") this.#sayHere();
      // Both began at once: one of the two goes on, and both know which.
      else if (message.kind === "here" && message.id < this.#id) {
        this.#yield();
        this.#follow(message.isOpen);
      } else if (message.kind === "here") this.#sayHere();
      return;
    }
    switch (message.kind) {
      case "ask":
        return;
      case "here":
        return this.#follow(message.isOpen);
      case "bye":
        return this.#wait(Math.random() * this.#timing.spreadMs, () => this.#ask());
      case "resync":
        this.#isFollowing = true;
        return this.#handlers.resync();
      case "changes":
        return this.#handlers.changes(message.text);
      case "trouble":
        this.#isFollowing = false;
        return this.#handlers.trouble();
    }
  }

  #follow(isOpen: boolean): void {
    this.#wait(this.#timing.goneMs, () => this.#ask());
    if (isOpen && !this.#isFollowing) {
      this.#isFollowing = true;
      this.#handlers.resync();
    }
  }
}
