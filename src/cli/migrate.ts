// `jobmount migrate`: brings the database's schema up, or says what is missing.
import type { Command } from "commander";
import type { Database } from "../db/database.ts";
import { type CliContext, settings } from "./context.ts";
import { withOwnDatabase } from "./own-database.ts";
import { serviceAt } from "./server.ts";

interface Migrations {
  ran: string[];
  missing: string[];
}

export function define(command: Command, context: CliContext): void {
  command
    .command("up")
    .description("run the migrations that are missing; harmless when there are none")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) =>
      // A deployment migrates while its database may still be starting.
      tell(context, options, 10_000, async (database) => {
        const { migrate } = await import("../db/open.ts");
        return { ran: await migrate(database), missing: [] };
      }),
    );
  command
    .command("status")
    .description("which migrations are missing")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) =>
      tell(context, options, 1_000, async (database) => {
        const { pendingMigrations } = await import("../db/open.ts");
        return { ran: [], missing: await pendingMigrations(database) };
      }),
    );
}

async function tell(
  context: CliContext,
  options: { json?: boolean },
  waitMs: number,
  work: (database: Database) => Promise<Migrations>,
): Promise<void> {
  const { terminal } = context;
  const { config } = settings(context);
  // A5: the file of a running service is not opened beside it; and that service migrated when it started.
  const serving = config.taskDatabase.kind === "sqlite" && (await serviceAt(config.socketPath)) !== undefined;
  const { ran, missing } = serving ? { ran: [], missing: [] } : await withOwnDatabase(config, waitMs, work);
  if (options.json) return terminal.json({ ran, missing });
  for (const name of ran) terminal.data(`ran ${name}`);
  for (const name of missing) terminal.data(`missing ${name}`);
  if (serving) terminal.say("A service runs on this database; it ran every migration when it started.");
  else if (missing.length > 0)
    terminal.say("Run them with: npx jobmount migrate up (a service does so by itself when it starts).");
  else if (ran.length === 0) terminal.say("Nothing is missing.");
}
