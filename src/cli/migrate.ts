// `jobmount migrate`: brings the database's schema up, or says what is missing.
import type { Command } from "commander";
import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
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
      tell(context, options, async (config) => {
        const { migrate } = await import("../db/open.ts");
        // A deployment migrates while its database may still be starting.
        return { ran: await withOwnDatabase(config, 10_000, migrate), missing: [] };
      }),
    );
  command
    .command("status")
    .description("which migrations are missing")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) =>
      tell(context, options, async (config) => {
        const { allMigrations, pendingMigrations } = await import("../db/open.ts");
        const { path } = config.taskDatabase;
        // Whoever only looks must not make it: an SQLite file that is opened is there from then on.
        if (path === null || existsSync(path))
          return { ran: [], missing: await withOwnDatabase(config, 1_000, pendingMigrations) };
        context.terminal.say(`There is no database at ${path} yet; every migration is missing.`);
        return { ran: [], missing: allMigrations() };
      }),
    );
}

async function tell(
  context: CliContext,
  options: { json?: boolean },
  work: (config: Config) => Promise<Migrations>,
): Promise<void> {
  const { terminal } = context;
  const { config } = settings(context);
  // A5: the file of a running service is not opened beside it; and that service migrated when it started.
  const serving = config.taskDatabase.kind === "sqlite" && (await serviceAt(config.socketPath)) !== undefined;
  const { ran, missing } = serving ? { ran: [], missing: [] } : await work(config);
  if (options.json) return terminal.json({ ran, missing });
  for (const name of ran) terminal.data(`ran ${name}`);
  for (const name of missing) terminal.data(`missing ${name}`);
  if (serving) terminal.say("A service runs on this database; it ran every migration when it started.");
  else if (missing.length > 0)
    terminal.say("Run them with: npx jobmount migrate up (a service does so by itself when it starts).");
  else if (ran.length === 0) terminal.say("Nothing is missing.");
}
