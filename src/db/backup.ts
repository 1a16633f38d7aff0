// A copy of an SQLite file as of one moment, by SQLite itself: also while a service writes to it, which does not wait.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Libsql from "libsql";
import { conflict, ExpectedError, messageOf } from "../errors.ts";
import type { SqliteHandle } from "./sqlite-sql.ts";

/**
 * Writes all that the file at `path` (and its -wal) holds to `target`, which is there as a whole, checked, on the disk and
 * readable by its owner alone, or not at all. Answers its size in bytes. Throws an ExpectedError: 404 `no_database`, 409
 * `backup_exists`, 422 `backup_folder`, 503 `backup_failed`.
 */
export function backupSqlite(path: string, target: string): number {
  if (!existsSync(path)) {
    const next = "set TASK_DATABASE_URL to that of the service, or start it once";
    throw new ExpectedError(404, "no_database", `there is no database at ${path}; ${next}`);
  }
  if (existsSync(target)) throw exists(target);
  const own = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString("hex")}`);
  try {
    // Before a row is in it: SQLite would make it readable for all. It takes an empty file as one that is not there.
    closeSync(openSync(own, "wx", 0o600));
  } catch (error) {
    throw new ExpectedError(
      422,
      "backup_folder",
      `${target} cannot be written: ${whyNot(error, target, own)}`,
    );
  }
  try {
    copy(path, own);
    check(own);
    sync(own);
    // Unlike a rename it never takes the place of what another one has put there meanwhile.
    linkSync(own, target);
    sync(dirname(target));
    return statSync(target).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw exists(target);
    const why = `${path} could not be copied to ${target}: ${saidOf(error, target, own)}`;
    throw new ExpectedError(503, "backup_failed", `${why}. No backup was made.`);
  } finally {
    rmSync(own, { force: true });
  }
}

/** In words of what was asked for: the file that is written first is nobody's business. */
function whyNot(error: unknown, target: string, own: string): string {
  const folder = dirname(target);
  const code = String((error as NodeJS.ErrnoException).code);
  const other = "or name another place";
  if (!existsSync(folder)) return `its folder ${folder} does not exist; make it (mkdir -p), ${other}`;
  if (!statSync(folder).isDirectory()) return `${folder} is no folder; name a place in one`;
  if (["EACCES", "EPERM", "EROFS", "ENOENT"].includes(code))
    return `this user may make no file in ${folder}; let it, ${other}`;
  return `${saidOf(error, target, own)}; name another place`;
}

function saidOf(error: unknown, target: string, own: string): string {
  return messageOf(error).replaceAll(own, target);
}

function copy(path: string, to: string): void {
  const handle = open(path);
  try {
    handle.prepare("VACUUM INTO ?").run([to]);
  } finally {
    handle.close();
  }
}

/** A disk that gave wrong bytes is found out today, not on the day on which the backup is needed. */
function check(path: string): void {
  const handle = open(path);
  try {
    const statement = handle.prepare("PRAGMA quick_check(1)");
    statement.raw();
    const [[told] = []] = statement.all([]);
    if (told !== "ok") throw new Error(`the copy is damaged (${String(told)})`);
  } finally {
    handle.close();
  }
}

/** For reading alone: the database and its schema stay as they are, of whatever version they may be. */
const open = (path: string) =>
  new Libsql(path, { readonly: true, timeout: 5_000 }) as unknown as SqliteHandle;

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function exists(target: string): ExpectedError {
  return conflict(
    "backup_exists",
    `${target} is there already; a backup takes the place of nothing: name another file`,
  );
}
