// One started child process: its pipes, how it ended, and that nothing of it is left.
import type { Clock, Instant } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { signalGroup } from "./group.ts";
import type { Keeper } from "./keeper.ts";
import type { Exit } from "./outcome.ts";
import { type ChildOptions, type ChildPipes, spawnChild } from "./spawn.ts";

/** After the child's end its pipes may stay open in a grandchild's hands: so long we wait for their last bytes. */
const DRAIN_MS = 200;

export class StartedChild {
  readonly pipes: ChildPipes;
  /** Resolves when the process itself has ended, or could not be started. */
  readonly exited: Promise<Exit>;
  /** Resolves when the last that it wrote has been read. */
  readonly closed: Promise<void>;
  readonly #mark: string;
  readonly #clock: Clock;
  readonly #keeper: Keeper;
  #exit: Exit | undefined;
  #gone: Promise<Instant | null> | undefined;

  constructor(options: ChildOptions, clock: Clock, keeper: Keeper, ended: () => void) {
    this.#mark = options.mark;
    this.#clock = clock;
    this.#keeper = keeper;
    this.pipes = spawnChild(options);
    if (this.pid !== undefined) keeper.child(options.mark, this.pid);
    const { process } = this.pipes;
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        if (this.#exit) return;
        this.#exit = exit;
        resolve(exit);
        ended();
      };
      process.once("error", (error) => end({ code: null, signal: null, fault: messageOf(error) }));
      process.once("exit", (code, signal) => end({ code, signal }));
    });
    const read = new Promise<void>((resolve) => process.once("close", () => resolve()));
    const late = () => new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref());
    this.closed = Promise.race([read, this.exited.then(late)]);
  }

  get pid(): number | undefined {
    return this.pipes.process.pid;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  signal(signal: "SIGTERM" | "SIGKILL"): void {
    signalGroup(this.pid, signal);
  }

  /** Ends it and all that it made; answers when nothing of it was left, null when something still is after 2 s. */
  end(): Promise<Instant | null> {
    this.#gone ??= this.#end();
    return this.#gone;
  }

  async #end(): Promise<Instant | null> {
    const { pid } = this;
    this.signal("SIGKILL");
    const left = pid === undefined ? [] : await this.#keeper.end(this.#mark, pid);
    return left.length === 0 ? this.#clock.now() : null;
  }

  /** Whether processes that it made live on. */
  async hasOthers(): Promise<boolean> {
    const bearers = await this.#keeper.bearers(this.#mark);
    return bearers.some((pid) => pid !== this.pid);
  }
}
