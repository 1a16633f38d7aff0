// Where the ends of runs wait that the database has not taken, and who must not go on without them.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { FileSpool } from "../db/spool.ts";
import { conflict } from "../errors.ts";

/** Of this database alone: ends of runs that another one holds would find no rows here. */
export function spoolFolder({ dataDir, taskDatabase }: Config): string {
  const { path, url } = taskDatabase;
  const { hostname, port, pathname } = new URL(path ? `file://${path}` : url);
  const name = createHash("sha256").update(`${hostname}:${port}${pathname}`).digest("hex").slice(0, 8);
  return join(dataDir, "spool", name);
}

/** Throws a 409 while ends wait: what is copied from the database then would tell their runs as still running, for ever. */
export async function refuseWhileEndsWait(config: Config): Promise<void> {
  const folder = spoolFolder(config);
  const { length } = await new FileSpool(folder).names();
  if (length === 0) return;
  const files = length === 1 ? "a file" : `${length} files`;
  throw conflict(
    "ends_waiting",
    `${files} in ${folder} hold ends of runs that the database has not taken yet; ` +
      "start the service, stop it in order once /readyz answers 200, and do this again",
  );
}
