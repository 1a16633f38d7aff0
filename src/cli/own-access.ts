// Tokens and sign-in links made by a verb itself, in the database, when no service runs on it (A5).
import { Access } from "../access/access.ts";
import { Audit, type AuditEnd, type NewAuditEvent } from "../access/audit.ts";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { ExpectedError } from "../errors.ts";
import { silentLogger } from "../log.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnDatabase } from "./own-database.ts";

/**
 * Whoever can open the database's file, or knows its password, may do all that an admin may. `action` is what the audit
 * log says of it, as of the same over REST.
 */
export function withOwnAccess<T>(
  config: Config,
  action: string,
  work: (access: Access, about: (told: About) => void) => Promise<T>,
): Promise<T> {
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
    const { DbAuditStore } = await import("../db/audit-store.ts");
    const audit = new Audit({ store: new DbAuditStore(database), clock: systemClock, log: silentLogger });
    const id = await audit.begin(localEvent(action));
    const event = localEvent(action);
    const about = (told: About) => void Object.assign(event, told);
    const access = new Access({ store: new DbTokenStore(database), clock: systemClock });
    try {
      const done = await work(access, about);
      await audit.end(id, { ...event, outcome: "done", status: null, code: null });
      return done;
    } catch (error) {
      const isRefused = error instanceof ExpectedError;
      const code = isRefused ? error.code : "internal";
      await audit.end(id, { ...event, outcome: isRefused ? "refused" : "failed", status: null, code });
      throw error;
    }
  });
}

/** What it turned out to be about, for the audit log. */
type About = Partial<Pick<AuditEnd, "target" | "source" | "detail">>;

function localEvent(action: string): Omit<NewAuditEvent, "outcome" | "status" | "code"> {
  const { type, id, name, role } = LOCAL_PRINCIPAL;
  const actor = { type, id, name, role };
  return { actor, address: null, action, target: null, source: null, detail: null, requestId: "cli" };
}
