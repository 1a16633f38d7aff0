// Letting go of old versions: never one that a job, a kept run or an attempt names, and contents with their last version.
import type { Database } from "./database.ts";
import { longestWindowMs } from "./retention.ts";
import { markValues, marks, type Sql, type SqlRow } from "./sql.ts";

/** Rows of runs that are looked at in one query: on SQLite everything else waits for it. */
const RUNS_AT_ONCE = 2_000;
/** More than anybody keeps; MySQL wants a LIMIT with its OFFSET. */
const ALL = 1_000_000;

interface JobName {
  source: string;
  key: string;
}

/** See VersionHistory.prune. Each version goes in a transaction of its own. */
export async function pruneVersions(database: Database, keep: number): Promise<number> {
  let gone = 0;
  const untouched = database.now() - (await longestWindowMs(database.read));
  for (const job of await crowdedJobs(database, keep)) {
    const rows = await database.read.all(
      "SELECT hash, loaded_at FROM job_versions WHERE source = ? AND job_key = ? ORDER BY loaded_at DESC, hash DESC LIMIT ? OFFSET ?",
      [job.source, job.key, ALL, keep],
    );
    const old = new Set(
      rows.filter((row) => Number(row["loaded_at"]) < untouched).map((row) => String(row["hash"])),
    );
    if (old.size === 0) continue;
    for (const named of await namedByRuns(database, job)) old.delete(named);
    for (const hash of old) if (await remove(database, job, hash)) gone++;
  }
  return gone;
}

async function crowdedJobs({ read }: Database, keep: number): Promise<JobName[]> {
  const rows = await read.all(
    "SELECT source, job_key FROM job_versions GROUP BY source, job_key HAVING COUNT(*) > ? ORDER BY source, job_key",
    [keep],
  );
  return rows.map((row) => ({ source: String(row["source"]), key: String(row["job_key"]) }));
}

/** Every version that some run of the job ran, tried or is to run. */
async function namedByRuns({ read }: Database, job: JobName): Promise<Set<string>> {
  const named = new Set<string>();
  let after = "";
  for (;;) {
    const runs = await read.all(
      "SELECT id, version, version_wanted FROM task_runs WHERE source = ? AND job_key = ? AND id > ? ORDER BY id LIMIT ?",
      [job.source, job.key, after, RUNS_AT_ONCE],
    );
    if (runs.length === 0) return named;
    const ids = runs.map((row) => String(row["id"]));
    const attempts = await read.all(
      `SELECT DISTINCT version FROM run_attempts WHERE run_id IN (${marks(ids.length)})`,
      markValues(ids),
    );
    for (const row of [...runs, ...attempts]) addNamed(named, row);
    if (runs.length < RUNS_AT_ONCE) return named;
    after = ids.at(-1)!;
  }
}

function addNamed(named: Set<string>, row: SqlRow): void {
  for (const column of ["version", "version_wanted"]) {
    const hash = row[column];
    if (hash !== null && hash !== undefined) named.add(String(hash));
  }
}

/**
 * False when somebody else was quicker, or a job names it by now. Whoever publishes or pins a version locks its row
 * first, so that either they find it gone, or we find it named.
 */
function remove(database: Database, job: JobName, hash: string): Promise<boolean> {
  const { dialect } = database;
  return database.write(async (sql) => {
    const [version] = await sql.all(`SELECT hash FROM job_versions WHERE hash = ?${dialect.forUpdate}`, [
      hash,
    ]);
    if (!version) return false;
    const [served] = await sql.all(
      "SELECT 1 AS served FROM jobs WHERE source = ? AND job_key = ? AND (current_version = ? OR newest_version = ?)",
      [job.source, job.key, hash, hash],
    );
    if (served) return false;
    const rows = await sql.all("SELECT sha256 FROM version_blobs WHERE hash = ? ORDER BY sha256", [hash]);
    await sql.run("DELETE FROM version_blobs WHERE hash = ?", [hash]);
    await sql.run("DELETE FROM job_versions WHERE hash = ?", [hash]);
    for (const row of rows) await removeUnnamed(sql, String(row["sha256"]), dialect.forUpdate);
    return true;
  });
}

/** Locked before it is judged: a version that is being saved holds the same lock until it is known to name it. */
async function removeUnnamed(sql: Sql, content: string, forUpdate: string): Promise<void> {
  await sql.all(`SELECT sha256 FROM blobs WHERE sha256 = ? AND chunk = 0${forUpdate}`, [content]);
  const [named] = await sql.all("SELECT 1 AS named FROM version_blobs WHERE sha256 = ? LIMIT 1", [content]);
  if (!named) await sql.run("DELETE FROM blobs WHERE sha256 = ?", [content]);
}
