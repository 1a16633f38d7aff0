// Durable values on their way: those that hold a secret are sealed while they are stored.
import { isSealed, SealError, type Vault } from "../db/secrets.ts";
import { conflict } from "../errors.ts";

export class JobStates {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  seal(key: string, value: unknown): unknown {
    return this.#vault.seal(value, contextOf(key));
  }

  /** As the job set them; an ExpectedError (`params`) when the key of a sealed one is missing. */
  open(values: Map<string, unknown>): Map<string, unknown> {
    try {
      for (const [key, value] of values)
        if (isSealed(value)) values.set(key, this.#vault.open(value, contextOf(key)));
      return values;
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw conflict("params", error.message);
    }
  }
}

/** A value opens under the key that it was set with, never as another one or as a param. */
const contextOf = (key: string) => `the durable value "${key}"`;
