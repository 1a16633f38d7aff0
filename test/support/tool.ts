// Programs that some tests drive and that not every machine has.
import { spawnSync } from "node:child_process";
import { canRun } from "./left-out.ts";

/**
 * Whether the program is here; it comes with the package `of`. When it is not, says loudly what is left out, and throws with
 * JOBMOUNT_REQUIRE_SERVICES=1, so that a left-out test cannot pass for a green one.
 */
export function toolAvailable(program: string, leftOut: string, of = program): boolean {
  const isHere = spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
  return canRun(leftOut, isHere ? null : `no ${program} on this machine (apt-get install ${of})`);
}
