// The database opened by a verb itself: only when no service runs on it (A5).
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";

/**
 * Opens it, hands it to `work` and closes it; throws an ExpectedError (`database_away`) in one sentence when a server
 * does not answer within `waitMs`.
 */
export async function withOwnDatabase<T>(
  config: Config,
  waitMs: number,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { openDatabase } = await import("../db/open.ts");
  const { holdSingle } = await import("../db/single.ts");
  const { path, url } = config.taskDatabase;
  // A service may be starting or stopping: then nobody answers on its socket yet, and the file is its all the same.
  const hold = path === null ? undefined : holdSingle(path);
  try {
    const database = await openDatabase({ url, waitMs });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    hold?.release();
  }
}
