// What jobs open and have to close: known from its making to its end, and not kept from being collected.

export class Living {
  readonly #refs = new Set<WeakRef<object>>();
  readonly #refOf = new WeakMap<object, WeakRef<object>>();

  begin(one: object): void {
    if (this.#refOf.has(one)) return;
    const ref = new WeakRef(one);
    this.#refOf.set(one, ref);
    this.#refs.add(ref);
  }

  end(one: object): void {
    const ref = this.#refOf.get(one);
    if (ref) this.#refs.delete(ref);
  }

  now(): object[] {
    const all: object[] = [];
    for (const ref of this.#refs) {
      const one = ref.deref();
      if (one) all.push(one);
      else this.#refs.delete(ref);
    }
    return all;
  }
}
