// How many pages of a browser hold a stream of a log: over plain http it opens six connections to a service in all, and six
// pages side by side would take them all. Who finds no seat asks now and then instead. One seat too many, taken by two at the same
// moment, costs a connection and nothing else.

const TIMING = {
  /** Who holds a seat has answered by then. */
  answersWithinMs: 150,
  /** Pages that begin together do not all count at once. */
  spreadMs: 150,
};
const SEATS = 3;

type Message = { kind: "who" } | { kind: "here"; id: number };

export class Seats {
  readonly #channel: InstanceType<typeof BroadcastChannel>;
  readonly #timing: typeof TIMING;
  readonly #id = Math.random();
  readonly #others = new Set<number>();
  #isSeated = false;
  #isClosed = false;

  constructor(name: string, timing: Partial<typeof TIMING> = {}) {
    this.#timing = { ...TIMING, ...timing };
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: { data: unknown }) => this.#hear(data as Message);
  }

  /** Whether there was one left; it is held until `leave`. */
  async take(): Promise<boolean> {
    this.#others.clear();
    this.#say({ kind: "who" });
    const { answersWithinMs, spreadMs } = this.#timing;
    await new Promise((resolve) => setTimeout(resolve, answersWithinMs + Math.random() * spreadMs));
    if (this.#isClosed) return false;
    this.#isSeated = this.#others.size < SEATS;
    if (this.#isSeated) this.#say({ kind: "here", id: this.#id });
    return this.#isSeated;
  }

  leave(): void {
    this.#isSeated = false;
  }

  close(): void {
    this.leave();
    this.#isClosed = true;
    this.#channel.close();
  }

  #say(message: Message): void {
    this.#channel.postMessage(message);
  }

  #hear(message: Message): void {
    if (message.kind === "here") this.#others.add(message.id);
    else if (this.#isSeated) this.#say({ kind: "here", id: this.#id });
  }
}
