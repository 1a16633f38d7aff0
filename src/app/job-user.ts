// Whom jobs run as when the service is root: looked up at the start, and let through to what jobs have to reach.
import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Config, ConfigError } from "../config.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { findLauncher, findUser, type JobUser, mayChangeUser } from "../sandbox/launcher.ts";

/** Null: the service's own user. Throws ConfigError when the one that is set cannot be become. */
export function jobUserOf(config: Config, log: Logger): JobUser | null {
  const name = config.jobUser;
  if (name === null) return null;
  if (!mayChangeUser()) {
    log.warn(
      { user: name },
      "JOBMOUNT_JOB_USER has no effect: only a service that runs as root can start jobs as another user",
    );
    return null;
  }
  try {
    const user = findUser(name);
    if (user.uid === 0) throw new Error("jobs would run as root; name another user");
    findLauncher(user);
    return user;
  } catch (error) {
    throw new ConfigError([{ name: "JOBMOUNT_JOB_USER", value: name, message: messageOf(error) }]);
  }
}

/** The data folder is closed to others; the job user may pass through it, to the folders that are meant for jobs. */
export function openFoldersTo(user: JobUser, config: Config, sources: readonly string[]): void {
  const { dataDir, filesDir } = config;
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  for (const source of sources) {
    const folder = join(filesDir, source);
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    if (statSync(folder).uid !== user.uid) chownSync(folder, user.uid, user.gid);
  }
}
