// What may wait until the browser has nothing else to do.

/** Such a moment may not come for long; then it is done all the same. */
const AT_LATEST_MS = 5_000;

/** Answers how to stop it. */
export function whenIdle(act: () => void): () => void {
  // Safari has no idle callback.
  if (typeof requestIdleCallback !== "function") {
    const timer = setTimeout(act, 200);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(act, { timeout: AT_LATEST_MS });
  return () => cancelIdleCallback(asked);
}
