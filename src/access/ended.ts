// Who hears that a right has ended in this process: what is open for its sake ends at once. Other processes ask now and then.
import type { Principal } from "./principal.ts";

/** A token by its id, or one session by its hash. */
export type EndedRight = { token: string } | { session: string };

export class EndedRights {
  readonly #listeners = new Set<(right: EndedRight) => void>();

  /** `act` is done when the token or the session of this principal ends; until what it answers is called. */
  listen(principal: Pick<Principal, "id" | "session">, act: () => void): () => void {
    const listener = (right: EndedRight) => {
      const isOwn = "token" in right ? right.token === principal.id : right.session === principal.session;
      if (isOwn) act();
    };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(right: EndedRight): void {
    for (const listener of [...this.#listeners]) listener(right);
  }
}
