// Whether an attempt left anything in its child: timers, handles, listeners, processes, variables, another folder (X11).
import { readFileSync } from "node:fs";

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
const CHILDREN = `/proc/self/task/${process.pid}/children`;

interface Timer {
  unref(): Timer;
  /** Node's own mark of a timer that is over. */
  _destroyed?: boolean;
}

/** Timers that keep nothing alive are in no list of Node's, so that we hear of them when they are made so. */
const unrefd = new Set<Timer>();
const sample = setTimeout(() => undefined, 0) as unknown as Timer;
const prototype = Object.getPrototypeOf(sample) as Timer;
const unref = prototype.unref;
clearTimeout(sample as unknown as NodeJS.Timeout);
Object.defineProperty(prototype, "unref", {
  configurable: true,
  writable: true,
  value: function (this: Timer) {
    unrefd.add(this);
    return unref.call(this);
  },
});

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
    for (const timer of unrefd) if (timer._destroyed !== false) unrefd.delete(timer);
    if (unrefd.size > 0) found.push(`${unrefd.size} timers without ref`);
    EVENTS.forEach((event, i) => {
      if (listeners(event) !== this.#listeners[i]) found.push(`listeners of ${event}`);
    });
    if (process.cwd() !== this.#cwd) found.push("another working folder");
    if (JSON.stringify(process.env) !== this.#env) found.push("changed environment");
    if (hasProcesses()) found.push("processes that it made");
    return found;
  }
}

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** Living children of this process; one that has left it for init is not seen here. */
function hasProcesses(): boolean {
  try {
    return readFileSync(CHILDREN, "utf8").trim() !== "";
  } catch {
    // Not on this system: handles of child processes are counted all the same.
    return false;
  }
}
