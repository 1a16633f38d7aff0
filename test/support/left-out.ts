// What a machine lacks must not let a suite pass for a green one that has not run.

/** The suites that a machine has to be able to run where this is set, as in CI. */
const required = () => process.env["JOBMOUNT_REQUIRE_SERVICES"] === "1";

/**
 * Says loudly that `what` is left out and why, and throws with JOBMOUNT_REQUIRE_SERVICES=1. `missing` is a sentence with the
 * next step; null when nothing is missing. Answers whether it can run.
 */
export function canRun(what: string, missing: string | null): boolean {
  if (missing === null) return true;
  if (required()) throw new Error(`${missing}, and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving out ${what}`);
  console.warn(`\n*** LEFT OUT: ${what}: ${missing} ***\n`);
  return false;
}

/** What only root may do: mounts, other users. */
export function canRunAsRoot(what: string): boolean {
  return canRun(
    what,
    process.getuid?.() === 0 ? null : "this user is not root (run the tests in a container as root)",
  );
}
