// Waits of `Atomics.waitAsync`: they keep nothing alive and are in no list of Node's, so we hear of them when they begin.

type Wait = (...args: unknown[]) => { async: boolean; value: unknown };

/** To be called once, before any job runs; answers how many wait at the moment of asking. */
export function countWaits(): () => number {
  const atomics = Atomics as unknown as { waitAsync?: Wait };
  const wait = atomics.waitAsync;
  let waiting = 0;
  const done = () => void waiting--;
  if (wait) {
    const waitAsync: Wait = (...args) => {
      const result = wait.apply(Atomics, args);
      if (result.async) {
        waiting++;
        (result.value as Promise<unknown>).then(done, done);
      }
      return result;
    };
    Object.defineProperty(atomics, "waitAsync", { configurable: true, writable: true, value: waitAsync });
  }
  return () => waiting;
}
