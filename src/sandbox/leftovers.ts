// Whether an attempt left anything in its child: timers, threads, ports, work, handles, descriptors, listeners, variables (X11).
import { getPriority } from "node:os";
import { watchCompressing } from "./compressing.ts";
import { Descriptors } from "./descriptors.ts";
import type { Living } from "./living.ts";
import { OwnProcess } from "./own-process.ts";
import { watchPorts } from "./ports.ts";
import { countThreads } from "./threads.ts";
import { countUnrefd } from "./unrefd.ts";
import { countWaits } from "./waits.ts";

// Taken before any job runs: a job may replace these for itself, not for us.
const eventNames = process.eventNames.bind(process);
const listeners = process.rawListeners.bind(process);
const resourcesNow = process.getActiveResourcesInfo.bind(process);
const cwdNow = process.cwd.bind(process);
const { stringify } = JSON;
const umask = process.umask.bind(process) as () => number;
const isCaught = process.hasUncaughtExceptionCaptureCallback.bind(process);
const priority = getPriority;

const unrefd = countUnrefd();
const threads = countThreads();
const waits = countWaits();
const [ports, compressing] = [watchPorts(), watchCompressing()];
const own = new OwnProcess();

export interface Rest {
  /** What is there now and was not before the attempt, in words; empty when the child is clean. */
  leftovers: string[];
  /** It has made processes: one may live on that is no longer seen from here. */
  made: boolean;
  /** Resident memory of the child. */
  bytes: number;
}

/** For a child of one attempt alone: what it left inside goes with it, and only processes could live on. */
export function restOfLast(): Rest {
  const { childFaults, hasChildren, bytes } = own.look();
  return { leftovers: [], made: childFaults > 0 || hasChildren, bytes };
}

/** How the child is when it rests: taken once after the version is loaded, compared after each attempt. */
export class RestingState {
  readonly #resources = resources();
  readonly #listeners = listenersNow();
  readonly #ports = new SinceRest(ports);
  readonly #compressing = new SinceRest(compressing);
  readonly #descriptors = new Descriptors();
  readonly #cwd = cwd();
  readonly #env = stringify(process.env);
  readonly #settings = settings();
  #childFaults = own.look().childFaults;

  look(): Rest {
    const found: string[] = [];
    for (const [type, count] of resources()) {
      const more = count - (this.#resources.get(type) ?? 0);
      if (more > 0) found.push(`${more} ${type}`);
    }
    const timers = unrefd();
    if (timers > 0) found.push(`${timers} timers without ref`);
    if (threads() > 0) found.push(`${threads()} threads`);
    if (waits() > 0) found.push(`${waits()} waits of Atomics`);
    const [open, streams] = [this.#ports.count(), this.#compressing.count()];
    if (open > 0) found.push(`${open} message ports`);
    if (streams > 0) found.push(`${streams} streams of zlib`);
    if (!sameListeners(listenersNow(), this.#listeners)) found.push("listeners of process");
    // Some handles are in no list of Node's: what nothing refers to, and files.
    if (found.length === 0 && this.#descriptors.changed()) found.push("open descriptors");
    if (cwd() !== this.#cwd) found.push("another working folder");
    if (stringify(process.env) !== this.#env) found.push("changed environment");
    const now = settings();
    for (const [name, value] of Object.entries(this.#settings))
      if (now[name as keyof Settings] !== value) found.push(`another ${name}`);
    const { childFaults, hasChildren, bytes } = own.look();
    if (hasChildren) found.push("processes that it made");
    const made = childFaults !== this.#childFaults;
    this.#childFaults = childFaults;
    return { leftovers: found, made, bytes };
  }
}

/** What a module opens when it is loaded belongs to the version, and is there in a fresh child, too. */
class SinceRest {
  readonly #living: Living;
  readonly #then: WeakSet<object>;

  constructor(living: Living) {
    this.#living = living;
    this.#then = new WeakSet(living.now());
  }

  count(): number {
    return this.#living.now().filter((one) => !this.#then.has(one)).length;
  }
}

/** Too deep for a name, or gone: it is another one. */
function cwd(): string | null {
  try {
    return cwdNow();
  } catch {
    return null;
  }
}

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of resourcesNow()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** Of the process as a whole. */
function settings() {
  return {
    umask: umask(),
    priority: priority(),
    "exit code": process.exitCode,
    "callback for exceptions": isCaught(),
  };
}

type Settings = ReturnType<typeof settings>;
type Listeners = ReadonlyMap<string | symbol, readonly unknown[]>;

function listenersNow(): Listeners {
  return new Map(eventNames().map((name) => [name, listeners(name)]));
}

/** One taken away and another one added is as many as before, and not the same. */
function sameListeners(now: Listeners, then: Listeners): boolean {
  if (now.size !== then.size) return false;
  for (const [name, known] of then) {
    const some = now.get(name);
    if (some?.length !== known.length || some.some((one, i) => one !== known[i])) return false;
  }
  return true;
}
