// Timers that keep nothing alive: they are in no list of Node's, so we hear of them when they are made so.
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

interface Timer {
  unref(): Timer;
  /** Node's own mark of a timer that is over. */
  _destroyed?: boolean;
}

type Wait = (...args: never[]) => unknown;

/** To be called once, before any job runs; answers how many wait at the moment of asking. */
export function countUnrefd(): () => number {
  const waiting = new Set<Timer>();
  const seen = (timer: Timer) => waiting.add(timer);
  const timeout = setTimeout(() => undefined, 0);
  const immediate = setImmediate(() => undefined);
  for (const sample of [timeout, immediate]) hookUnref(sample as unknown as Timer, seen);
  clearTimeout(timeout);
  clearImmediate(immediate);
  const promised = countPromised();
  return () => {
    if (waiting.size > 0) for (const timer of waiting) if (timer._destroyed !== false) waiting.delete(timer);
    return waiting.size + promised();
  };
}

function hookUnref(sample: Timer, seen: (timer: Timer) => void): void {
  const prototype = Object.getPrototypeOf(sample) as Timer;
  const unref = prototype.unref;
  Object.defineProperty(prototype, "unref", {
    configurable: true,
    writable: true,
    value: function (this: Timer) {
      seen(this);
      return unref.call(this);
    },
  });
}

/** `timers/promises` makes its own without `unref` when it is asked to with `{ ref: false }`. */
function countPromised(): () => number {
  let waiting = 0;
  const done = () => void waiting--;
  const hook = (name: "setTimeout" | "setImmediate", options: number) => {
    const wait = timers[name] as unknown as Wait;
    const hooked = (...args: never[]) => {
      const promise = wait(...args);
      if ((args[options] as { ref?: unknown } | undefined)?.ref === false) {
        waiting++;
        (promise as Promise<unknown>).then(done, done);
      }
      return promise;
    };
    Object.assign(timers, { [name]: hooked });
  };
  hook("setTimeout", 2);
  hook("setImmediate", 1);
  const each = timers.setInterval as unknown as (...args: never[]) => AsyncIterable<unknown>;
  const hookedEach = async function* (...args: never[]) {
    const counts = (args[2] as { ref?: unknown } | undefined)?.ref === false;
    if (counts) waiting++;
    try {
      yield* each(...args);
    } finally {
      if (counts) waiting--;
    }
  };
  Object.assign(timers, { setInterval: hookedEach });
  syncBuiltinESMExports();
  return () => waiting;
}
