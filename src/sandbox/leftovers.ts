// Whether an attempt left anything in its child: timers, handles, descriptors, listeners, processes, variables (X11).
import { readdirSync } from "node:fs";
import { OwnProcess } from "./own-process.ts";
import { countUnrefd } from "./unrefd.ts";

// Taken before any job runs: a job may replace these for itself, not for us.
const eventNames = process.eventNames.bind(process);
const listeners = process.listenerCount.bind(process);
const resourcesNow = process.getActiveResourcesInfo.bind(process);
const cwd = process.cwd.bind(process);
const { stringify } = JSON;

const unrefd = countUnrefd();
const own = new OwnProcess();

export interface Rest {
  /** What is there now and was not before the attempt, in words; empty when the child is clean. */
  leftovers: string[];
  /** It has made processes: one may live on that is no longer seen from here. */
  made: boolean;
  /** Resident memory of the child. */
  bytes: number;
}

/** How the child is when it rests: taken once after the version is loaded, compared after each attempt. */
export class RestingState {
  readonly #resources = resources();
  readonly #listeners = listenersNow();
  readonly #descriptors = descriptors();
  readonly #cwd = cwd();
  readonly #env = stringify(process.env);
  #childFaults = own.look().childFaults;

  look(): Rest {
    const found: string[] = [];
    for (const [type, count] of resources()) {
      const more = count - (this.#resources.get(type) ?? 0);
      if (more > 0) found.push(`${more} ${type}`);
    }
    const timers = unrefd();
    if (timers > 0) found.push(`${timers} timers without ref`);
    if (listenersNow() !== this.#listeners) found.push("listeners of process");
    // Some handles are in no list of Node's: what nothing refers to, and files.
    if (found.length === 0 && descriptors() !== this.#descriptors) found.push("open descriptors");
    if (cwd() !== this.#cwd) found.push("another working folder");
    if (stringify(process.env) !== this.#env) found.push("changed environment");
    const { childFaults, hasChildren, bytes } = own.look();
    if (hasChildren) found.push("processes that it made");
    const made = childFaults !== this.#childFaults;
    this.#childFaults = childFaults;
    return { leftovers: found, made, bytes };
  }
}

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of resourcesNow()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** Over all events, whatever their names. */
function listenersNow(): number {
  let count = 0;
  for (const name of eventNames()) count += listeners(name);
  return count;
}

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    // Not on this system.
    return 0;
  }
}
