// Threads that a job starts: they are in no list of Node's, so we hear of them when they are made.
import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";

/** To be called once, before any job runs; answers how many live at the moment of asking. */
export function countThreads(): () => number {
  const living = new Set<threads.Worker>();
  const Worker = class Worker extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof threads.Worker>) {
      super(...args);
      living.add(this);
      this.once("exit", () => living.delete(this));
    }
  };
  Object.assign(threads, { Worker });
  syncBuiltinESMExports();
  return () => living.size;
}
