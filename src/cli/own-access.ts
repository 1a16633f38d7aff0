// Tokens and sign-in links made by a verb itself, in the database, when no service runs on it (A5).
import { Access } from "../access/access.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnDatabase } from "./own-database.ts";

/** Whoever can open the database's file, or knows its password, may do all that an admin may. */
export function withOwnAccess<T>(config: Config, work: (access: Access) => Promise<T>): Promise<T> {
  return withOwnDatabase(config, 1_000, async (database) => {
    const { migrate, pendingMigrations } = await import("../db/open.ts");
    const { DbTokenStore } = await import("../db/token-store.ts");
    if ((await pendingMigrations(database)).length > 0) {
      // Replicas of another build may be running on a server: what they find must not change under them unasked.
      if (config.taskDatabase.kind === "mysql") {
        throw new CliError(
          EXIT.refused,
          "The database's schema is not up to date. Bring it up with: npx jobmount migrate up",
        );
      }
      await migrate(database);
    }
    return work(new Access({ store: new DbTokenStore(database), clock: systemClock }));
  });
}
