// How many event streams are open: each asks the database or is written to for as long as somebody keeps it.
import type { Principal } from "../access/principal.ts";
import { ExpectedError } from "../errors.ts";

/** Of one token, so that nobody takes all of them; a person has one for each open page. */
const MOST_OF_ONE = 50;
const MOST = 1_000;

export class OpenStreams {
  readonly #of = new Map<string, number>();
  #all = 0;

  /** Counts one more, until what it answers is called; 503 when they are too many. */
  open({ id }: Pick<Principal, "id">): () => void {
    const own = this.#of.get(id) ?? 0;
    if (own >= MOST_OF_ONE || this.#all >= MOST) {
      const whose = own >= MOST_OF_ONE ? "of this token" : "of the service";
      const detail = `${own >= MOST_OF_ONE ? own : this.#all} event streams ${whose} are open already. Close some, or ask again later.`;
      throw new ExpectedError(503, "too_many_streams", detail);
    }
    this.#of.set(id, own + 1);
    this.#all++;
    return () => {
      const left = this.#of.get(id)! - 1;
      if (left > 0) this.#of.set(id, left);
      else this.#of.delete(id);
      this.#all--;
    };
  }
}
