// Programs that some tests drive and that not every machine has.
import { spawnSync } from "node:child_process";

/**
 * Whether the program is here. When it is not, says loudly what is left out, and throws with
 * JOBMOUNT_REQUIRE_SERVICES=1, so that a left-out test cannot pass for a green one.
 */
export function toolAvailable(program: string, leftOut: string): boolean {
  if (spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined) return true;
  const missing = `no ${program} on this machine (apt-get install ${program})`;
  if (process.env["JOBMOUNT_REQUIRE_SERVICES"] === "1")
    throw new Error(`${missing}, and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving out ${leftOut}`);
  console.warn(`\n*** LEFT OUT: ${leftOut}: ${missing} ***\n`);
  return false;
}
