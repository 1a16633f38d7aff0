// Waiting for a condition instead of sleeping for a guess.

/** Polls until `condition` answers something truthy, and answers that; throws after `ms` with the last error. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  ms = 5_000,
  everyMs = 10,
): Promise<NonNullable<T>> {
  const until = performance.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) {
      throw last instanceof Error ? last : new Error(`the condition did not hold within ${ms} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
