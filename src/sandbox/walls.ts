// Which of the walls around a job stand on this machine: each is tried, not assumed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Guard } from "./guard.ts";
import { findLauncher, type JobUser, mayChangeUser } from "./launcher.ts";
import { MARK, newInstance, newMark } from "./marks.ts";
import { huntedOf } from "./strays.ts";
import { privateBytes } from "./usage.ts";

export interface Wall {
  name: string;
  stands: boolean;
  /** What that means for jobs, and what to do where it does not stand. */
  says: string;
}

const GUARD_MS = 5_000;

/** Tries them all; takes a few hundred ms. */
export async function findWalls(user: JobUser | null): Promise<Wall[]> {
  const launcher = findLauncher(user);
  return [
    wall(
      "end with the service",
      launcher.setpriv !== null,
      "the kernel ends a job's process when the service dies, also in an endless loop",
      "a job in an endless loop lives until the guard ends it; install setpriv of util-linux",
    ),
    wall(
      "guard",
      await guardWorks(),
      "a process of its own ends what jobs started, daemons too, when an attempt ends or the service dies",
      "what a job starts outside of its process group lives on: no /proc, or processes cannot be started here",
    ),
    wall(
      "memory and processes",
      privateBytes(process.pid) > 0,
      "what all processes of an attempt use is looked at, and bounded",
      "neither memory nor the number of processes is bounded: there is no /proc here",
    ),
    wall(
      "bounds by the kernel",
      launcher.prlimit !== null,
      "no process of a job allocates without end between two looks, or leaves an image of its memory",
      "memory is bounded by looking alone; install prlimit of util-linux",
    ),
    userWall(user),
    reaperWall(),
  ];
}

function wall(name: string, stands: boolean, yes: string, no: string): Wall {
  return { name, stands, says: stands ? yes : no };
}

/** A container may be given a number that has no name. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `the user ${process.getuid?.()}`;
  }
}

function userWall(user: JobUser | null): Wall {
  const name = "user of jobs";
  if (user)
    return {
      name,
      stands: true,
      says: `jobs run as ${user.uid}:${user.gid}, without groups and capabilities${shared(user)}`,
    };
  const own = ownName();
  const mend = mayChangeUser()
    ? "set JOBMOUNT_JOB_USER to a user that nothing else uses"
    : "only a service that runs as root can start jobs as somebody else; its container is the wall";
  return {
    name,
    stands: false,
    says: `jobs run as ${own}, like the service: they can read its files and end it; ${mend}`,
  };
}

function shared({ uid }: JobUser): string {
  return huntedOf(uid)
    ? ""
    : "; other processes run as this user too, and what a job hides among them lives on";
}

/** Whose parent has died is handed to the first process of the machine or container, which has to count its end. */
function reaperWall(): Wall {
  const first = nameOfFirst();
  return wall(
    "ends are counted",
    !/^(node|npm|sh|bash)$/.test(first),
    `process 1 (${first}) clears away what has ended`,
    `process 1 is ${first}, which leaves ended processes in the table; start the container with an init (docker run --init)`,
  );
}

function nameOfFirst(): string {
  try {
    return readFileSync("/proc/1/comm", "utf8").trim();
  } catch {
    return "unknown";
  }
}

/** A process in a session of its own, that bears a mark, has to end with the pipe of a guard. */
async function guardWorks(): Promise<boolean> {
  const instance = newInstance();
  const tempDir = mkdtempSync(join(tmpdir(), "jobmount-doctor-"));
  const guard = new Guard({ instance, tempDir, leaseMs: 30_000, hunted: null });
  try {
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin", [MARK]: newMark(instance) };
    const stray = spawn("sleep", ["30"], { env, stdio: "ignore", detached: true });
    const ended = new Promise<boolean>((resolve) => {
      stray.once("exit", () => resolve(true));
      stray.once("error", () => resolve(false));
    });
    guard.start();
    await guard.stop();
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), GUARD_MS).unref());
    const works = await Promise.race([ended, late]);
    stray.kill("SIGKILL");
    return works;
  } catch {
    return false;
  } finally {
    rmSync(tempDir, { recursive: true, force: true });
  }
}
