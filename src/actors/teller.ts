// Brings what attempts tell into the database: every half a second, sooner where somebody looks or where much has come.
import type { Followers } from "../runs/followers.ts";
import { MUCH } from "../runs/output.ts";
import type { RunStore } from "../runs/store.ts";
import type { Attempt } from "./attempt.ts";

export interface TellerOptions {
  store: Pick<RunStore, "tell">;
  /** Whose log is looked at just now: it is told much sooner. */
  followers: Followers;
  /** Those under way. */
  attempts(): Iterable<Attempt>;
  isStopping(): boolean;
  failed(error: unknown): void;
}

/** What somebody looks at is told this often. */
const FOLLOWED_MS = 20;
const LINES_AT_ONCE = 2_000;

export class Teller {
  readonly #options: TellerOptions;
  /** One telling of an attempt at a time: the newer one must not be overtaken. */
  readonly #telling = new Set<Attempt>();
  #following = false;

  constructor(options: TellerOptions) {
    this.#options = options;
    options.followers.onBegin(() => void this.#tellFollowed());
  }

  /** What it says does not wait for the next time when it is much: whoever floods would fill the memory meanwhile. */
  begins(attempt: Attempt): void {
    attempt.output.onMuch = () => void this.#tellMuch(attempt);
  }

  /** Each attempt by itself: one whose telling fails or takes long keeps no other from its own. */
  tell(): void {
    const all = [...this.#options.attempts()].map((attempt) => this.#tellOf(attempt));
    void Promise.allSettled(all).then((ends) => {
      const failed = ends.find((end) => end.status === "rejected");
      if (failed) this.#options.failed(failed.reason);
    });
  }

  /** When it fails, the next telling tries again and says so. */
  #tellMuch(attempt: Attempt): Promise<void> {
    return this.#tellOf(attempt, MUCH).catch(() => undefined);
  }

  /** Until less than `least` waits (characters of lines); without it until nothing does. */
  async #tellOf(attempt: Attempt, least = 0): Promise<void> {
    const { output, run } = attempt;
    if (this.#telling.has(attempt)) return;
    this.#telling.add(attempt);
    try {
      while (output.dirty && output.waiting >= least) {
        const telling = output.take(LINES_AT_ONCE, MUCH);
        await this.#options.store.tell(telling).catch((error: unknown) => {
          output.putBack(telling);
          throw error;
        });
        output.arrived(telling);
        this.#options.followers.told(run.id);
      }
    } finally {
      this.#telling.delete(attempt);
    }
  }

  /** Only as long as somebody looks; when it fails, the other telling tries again and says so. */
  async #tellFollowed(): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    const { followers, attempts, isStopping } = this.#options;
    while (!followers.none && !isStopping()) {
      const followed = [...attempts()].filter(({ run }) => followers.has(run.id));
      await Promise.allSettled(followed.map((attempt) => this.#tellOf(attempt)));
      await new Promise((resolve) => setTimeout(resolve, FOLLOWED_MS));
    }
    this.#following = false;
  }
}
