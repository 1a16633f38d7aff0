// Keeps the folder of installed packages in sight: a set that comes or goes is a change that no task folder shows.
import { identityOf, statOrNull } from "./signature.ts";

/** A folder's times change with every name in it; looking costs less than watching, and works on every mount. */
const LOOK_MS = 500;

export class DepsWatch {
  #timer: NodeJS.Timeout | undefined;
  #seen: string | undefined;
  #looking = false;

  /** `path` may not exist yet. */
  constructor(
    private readonly path: string,
    private readonly onChange: () => void,
  ) {}

  start(): void {
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // A mount that hangs must not pile up looks.
    if (this.#looking) return;
    this.#looking = true;
    const stats = await statOrNull(this.path);
    this.#looking = false;
    const now = stats ? `${identityOf(stats)}:${stats.mtimeNs}:${stats.ctimeNs}` : "none";
    const before = this.#seen;
    this.#seen = now;
    if (before !== undefined && before !== now) this.onChange();
  }
}
