// A wall around code whose running time a job's author decides: patterns and schemas (S13).

type Vm = typeof import("node:vm");

/** What a function that was stopped leaves behind. */
export const STOPPED = Symbol("stopped by its time limit");

let timed: ((run: () => void, ms: number) => void) | undefined;

/** How often what was stopped without having had the processor is called anew. */
const TRIES = 3;

/**
 * Calls `run` and stops it after `ms`: measured, `^(a+)+$` on 28 characters blocks 10 s without this and ends at 31 ms
 * with a limit of 30. Answers STOPPED then; what `run` throws is thrown. For synchronous code only, which may be called
 * more than once: on a busy machine `ms` can pass before `run` had any of it, and that is no fault of `run`.
 */
export function withinTime<T>(ms: number, run: () => T): T | typeof STOPPED {
  for (let left = TRIES; ; left--) {
    const before = process.cpuUsage();
    const answer = once(ms, run);
    if (answer !== STOPPED || left === 1) return answer;
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 > ms / 2) return STOPPED;
  }
}

function once<T>(ms: number, run: () => T): T | typeof STOPPED {
  timed ??= prepare();
  let answer: T | typeof STOPPED = STOPPED;
  try {
    timed(() => {
      answer = run();
    }, ms);
  } catch (error) {
    if (!isTimeout(error)) throw error;
    return STOPPED;
  }
  return answer;
}

/** node:vm is loaded at the first use only: most jobs never need it, and every child pays for what is imported. */
function prepare(): (run: () => void, ms: number) => void {
  const vm = process.getBuiltinModule("node:vm") as Vm;
  const slot: { run: (() => void) | null } = { run: null };
  const context = vm.createContext(slot);
  const script = new vm.Script("run()");
  return (run, ms) => {
    const outer = slot.run;
    slot.run = run;
    try {
      script.runInContext(context, { timeout: Math.max(1, Math.ceil(ms)) });
    } finally {
      slot.run = outer;
    }
  };
}

function isTimeout(error: unknown): boolean {
  // Made in the other context, so it is no Error of ours.
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
