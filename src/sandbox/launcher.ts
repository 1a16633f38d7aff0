// How a child is started on this machine: what of setpriv and prlimit really works here, and as which user.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";

/** Whom jobs run as, when it is not the service's own user. */
export interface JobUser {
  /** As it was set. */
  name: string;
  uid: number;
  gid: number;
}

export interface Launcher {
  /** Path of the Node that children run. */
  node: string;
  /** Path of a setpriv that ends a child with its parent; null: there is none. */
  setpriv: string | null;
  /** Path of a prlimit; null: there is none. */
  prlimit: string | null;
  user: JobUser | null;
}

const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin"];
/** Ends the child when we die, an endless loop included (measured: 4 ms). */
const WITH_PARENT = ["--pdeathsig", "KILL"];
/** Processes and threads of the job user over all attempts: far above what attempts may have, below what a machine has. */
const USER_PROCESSES = 8_192;

/** Tries what there is; throws when a user is wanted and cannot be become. */
export function findLauncher(user: JobUser | null): Launcher {
  const setpriv = working("setpriv", WITH_PARENT);
  const prlimit = working("prlimit", ["--core=0"]);
  if (user && !setpriv)
    throw new Error(
      `jobs cannot run as the user ${user.name}: that needs setpriv of util-linux (apt-get install util-linux)`,
    );
  const launcher: Launcher = { node: readableNode(), setpriv, prlimit, user };
  if (user) tryUser(launcher, user);
  return launcher;
}

/** The command that starts `command` behind the walls; `dataBytes` bounds what any of its processes may allocate. */
export function launched(launcher: Launcher, command: readonly string[], dataBytes?: number): string[] {
  const { setpriv, prlimit, user } = launcher;
  const parts: string[] = [];
  if (setpriv) parts.push(setpriv, ...WITH_PARENT, ...(user ? becoming(user) : []), "--");
  if (prlimit) {
    // A child that aborts leaves no image of its memory, with the secrets in it, in its folder.
    parts.push(prlimit, "--core=0");
    if (dataBytes !== undefined) parts.push(`--data=${dataBytes}`);
    if (user) parts.push(`--nproc=${USER_PROCESSES}`);
    parts.push("--");
  }
  return [...parts, ...command];
}

/** Reads `name`, `uid` or `uid:gid`, by what the system knows; throws a sentence when there is no such user. */
export function findUser(name: string): JobUser {
  const [user, group] = name.split(":") as [string, string?];
  if (/^\d+$/.test(user) && group !== undefined && /^\d+$/.test(group))
    return { name, uid: Number(user), gid: Number(group) };
  const uid = ask("-u", user);
  const gid = group !== undefined && /^\d+$/.test(group) ? Number(group) : ask("-g", user);
  if (uid === undefined || gid === undefined)
    throw new Error(`there is no user "${user}" here; make one, or give numbers as in 10001:10001`);
  return { name, uid, gid };
}

function ask(what: "-u" | "-g", user: string): number | undefined {
  const { status, stdout } = spawnSync("id", [what, "--", user], { encoding: "utf8" });
  return status === 0 && /^\d+\s*$/.test(stdout) ? Number(stdout) : undefined;
}

/** No way back: no groups of the service, no capabilities, and no program that gives any. */
function becoming({ uid, gid }: JobUser): string[] {
  const none = ["--inh-caps", "-all", "--bounding-set", "-all", "--no-new-privs"];
  return ["--reuid", String(uid), "--regid", String(gid), "--clear-groups", ...none];
}

function tryUser(launcher: Launcher, user: JobUser): void {
  const [command, ...args] = launched(launcher, ["id", "-u"]);
  const { status, stdout, stderr } = spawnSync(command!, args, { encoding: "utf8" });
  if (status !== 0 || Number(stdout) !== user.uid)
    throw new Error(`jobs cannot run as the user ${user.name}: ${stderr.trim() || "setpriv failed"}`);
}

/**
 * Our own, unless it may be executed and not read: the kernel then shows nobody the environment of its processes, which is
 * meant for the service, and would keep us from finding what a child started (see marks.ts).
 */
function readableNode(): string {
  if (mayRead(process.execPath)) return process.execPath;
  const others = FOLDERS.map((folder) => `${folder}/node`).filter(mayRead);
  return others.find((path) => versionOf(path) === process.version) ?? process.execPath;
}

function mayRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(node: string): string {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "";
}

/** A program that is there and does what we need: busybox has one of the same name that cannot. */
function working(program: string, args: readonly string[]): string | null {
  const path = FOLDERS.map((folder) => `${folder}/${program}`).find((one) => existsSync(one));
  if (path === undefined) return null;
  return spawnSync(path, [...args, "--", "true"], { stdio: "ignore" }).status === 0 ? path : null;
}

/** Whether this process runs with the rights that dropping to another user takes. */
export function mayChangeUser(): boolean {
  return process.getuid?.() === 0 && hasCapability(CAP_SETUID);
}

const CAP_SETUID = 7;

function hasCapability(bit: number): boolean {
  try {
    const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
    return mask === undefined || ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
  } catch {
    return true;
  }
}
