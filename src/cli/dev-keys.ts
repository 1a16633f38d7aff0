// The keys of `dev`: single letters on a real terminal, one action at a time; Ctrl-C stays what it is everywhere.
import type { Terminal } from "./terminal.ts";

export interface KeyActions {
  /** Each key with what it does. What they reject with is shown by `failed`. */
  keys: Readonly<Record<string, () => Promise<void> | void>>;
  failed(error: unknown): void;
  /** Ctrl-C, in a mode of the terminal in which it is a letter like any other. */
  interrupt(): void;
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

/** Listens until `stop`. While an action runs, other keys are dropped and the terminal is its own to ask on. */
export class DevKeys {
  readonly #terminal: Terminal;
  readonly #actions: KeyActions;
  #busy = false;
  #stopped = false;
  readonly #hear = (chunk: Buffer | string): void => void this.#take(chunk.toString());

  constructor(terminal: Terminal, actions: KeyActions) {
    this.#terminal = terminal;
    this.#actions = actions;
  }

  start(): void {
    this.#listen(true);
  }

  stop(): void {
    this.#stopped = true;
    this.#listen(false);
  }

  async #take(text: string): Promise<void> {
    if (text.includes(CTRL_C) || text.includes(CTRL_D)) return this.#actions.interrupt();
    const action = this.#actions.keys[text.toLowerCase()];
    if (!action || this.#busy) return;
    this.#busy = true;
    // Whoever asks for a value listens himself, line by line.
    this.#listen(false);
    try {
      await action();
    } catch (error) {
      this.#actions.failed(error);
    } finally {
      this.#busy = false;
      if (!this.#stopped) this.#listen(true);
    }
  }

  #listen(on: boolean): void {
    const { stdin } = this.#terminal;
    stdin.off("data", this.#hear);
    stdin.setRawMode?.(on);
    if (!on) return void stdin.pause();
    stdin.on("data", this.#hear);
    stdin.resume();
  }
}
