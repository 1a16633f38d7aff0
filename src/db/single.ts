// One service at a time on an SQLite file: a lock that the kernel frees, however the process ends (A5).
import { readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Libsql from "libsql";
import { conflict, ExpectedError, messageOf } from "../errors.ts";
import { makeFolder } from "./folder.ts";
import type { SqliteHandle } from "./sqlite-sql.ts";

export interface SingleHold {
  /** Frees the file for another service. A second call changes nothing. */
  release(): void;
}

/**
 * Holds `<path>.lock` for this process by an exclusive transaction; a second holder gets a 409 that names the file and,
 * if it can be read, the process. Nothing else may open the lock file: closing any descriptor of it frees the lock.
 */
export function holdSingle(path: string): SingleHold {
  let lock = `${path}.lock`;
  let handle: SqliteHandle | undefined;
  try {
    const file = realPathOf(path);
    lock = `${file}.lock`;
    const pidFile = `${file}.pid`;
    handle = new Libsql(lock, { timeout: 0 }) as unknown as SqliteHandle;
    takeLock(handle, file, lock, pidFile);
    writeFileSync(pidFile, `${process.pid}\n`);
    return holdOf(handle, pidFile);
  } catch (error) {
    handle?.close();
    throw error instanceof ExpectedError ? error : unusable(lock, error);
  }
}

function takeLock(handle: SqliteHandle, file: string, lock: string, pidFile: string): void {
  try {
    handle.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    throw isBusy(error) ? inUse(file, lock, readPid(pidFile)) : error;
  }
}

function holdOf(handle: SqliteHandle, pidFile: string): SingleHold {
  let held: SqliteHandle | undefined = handle;
  return {
    release() {
      if (!held) return;
      rmSync(pidFile, { force: true });
      held.exec("ROLLBACK");
      held.close();
      held = undefined;
    },
  };
}

/** Two names of one file are one file. */
function realPathOf(path: string): string {
  makeFolder(dirname(path));
  try {
    return realpathSync(path);
  } catch {
    return join(realpathSync(dirname(path)), basename(path));
  }
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith("SQLITE_BUSY");
}

function inUse(file: string, lock: string, pid: number | undefined): ExpectedError {
  const who = pid === undefined ? "another Jobmount process" : `another Jobmount process (pid ${pid})`;
  return conflict(
    "database_in_use",
    `the SQLite file ${file} is in use by ${who}, which holds ${lock}: one service at a time may have it. ` +
      "Stop that one, or set TASK_DATABASE_URL to another file, or to a MySQL server that several can share.",
  );
}

function unusable(lock: string, error: unknown): ExpectedError {
  return new ExpectedError(
    503,
    "database_away",
    `the lock file ${lock} cannot be used: ${messageOf(error)}. Make its folder writable, or set TASK_DATABASE_URL.`,
  );
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8").trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
