// Whether an attempt left anything in its child: timers, handles, listeners, variables, another folder (X11).

const listeners = process.listenerCount.bind(process);
const EVENTS = [
  "exit",
  "beforeExit",
  "uncaughtException",
  "unhandledRejection",
  "SIGTERM",
  "SIGINT",
  "warning",
  "message",
];

/** How the child is when it rests: taken once after the version is loaded, compared after each attempt. */
export class RestingState {
  readonly #resources: ReadonlyMap<string, number>;
  readonly #listeners: readonly number[];
  readonly #cwd: string;
  readonly #env: string;

  constructor() {
    this.#resources = resources();
    this.#listeners = EVENTS.map((event) => listeners(event));
    this.#cwd = process.cwd();
    this.#env = JSON.stringify(process.env);
  }

  /** What is there now and was not then, in words; empty when the child is clean. */
  leftovers(): string[] {
    const found: string[] = [];
    for (const [type, count] of resources()) {
      const more = count - (this.#resources.get(type) ?? 0);
      if (more > 0) found.push(`${more} ${type}`);
    }
    EVENTS.forEach((event, i) => {
      if (listeners(event) !== this.#listeners[i]) found.push(`listeners of ${event}`);
    });
    if (process.cwd() !== this.#cwd) found.push("another working folder");
    if (JSON.stringify(process.env) !== this.#env) found.push("changed environment");
    return found;
  }
}

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
