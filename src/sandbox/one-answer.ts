// One question to a child, whose answer may never come.

export class OneAnswer<T> {
  #take: ((answer: T | undefined) => void) | undefined;

  get isAwaited(): boolean {
    return this.#take !== undefined;
  }

  /** Resolves with what is given next; one question at a time. */
  ask(send: () => void): Promise<T | undefined> {
    return new Promise((resolve) => {
      this.#take = resolve;
      send();
    });
  }

  /** Undefined: none will come. Goes nowhere when nobody asks. */
  give(answer: T | undefined): void {
    const take = this.#take;
    this.#take = undefined;
    take?.(answer);
  }
}
