// The present, as one clock for the whole page: one timer however many times are shown.
import { useSyncExternalStore } from "react";

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(act: () => void): () => void {
  listeners.add(act);
  timer ??= setInterval(() => {
    if (document.hidden) return;
    now = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(act);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds since 1970, moved on once in `stepMs`: what shows minutes is not drawn anew each second. */
export function useNow(stepMs = TICK_MS): number {
  return useSyncExternalStore(listen, () => Math.floor(now / stepMs) * stepMs);
}
