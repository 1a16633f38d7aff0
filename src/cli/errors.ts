// `jobmount errors`: what does not load on the service, with the place and the next step.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { loadErrorText } from "./dev-events.ts";
import { CliError, EXIT } from "./exit.ts";
import { jobNames } from "./job-names.ts";
import { fetchShort, type RemoteFailedLoad } from "./remote.ts";
import { needServer, type Server } from "./server.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .option("--source <name>", "of the jobs of this source")
    .option("--json", "as JSON, with everything")
    .action(async (options: { source?: string; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      if (options.source !== undefined) await checkSource(options.source, server, signal);
      const all = await fetchShort<RemoteFailedLoad>(server, "/load-errors", signal);
      const found = all.filter(({ source }) => options.source === undefined || source === options.source);
      if (options.json) return terminal.json(found);
      if (found.length === 0) return terminal.say("Everything loads.");
      const named = await jobNames(server, signal);
      for (const { source, job, since, serving, ...error } of found) {
        const serves = serving === null ? "nothing of it runs" : `version ${serving.slice(0, 7)} runs`;
        terminal.data(`${named(source, job)} does not load since ${since}; ${serves}`);
        terminal.data(loadErrorText(error, terminal));
      }
    });
}

/** A mistyped name must not read as "everything loads". */
async function checkSource(name: string, server: Server, signal: AbortSignal): Promise<void> {
  const sources = await fetchShort<{ name: string }>(server, "/sources", signal);
  if (sources.some((source) => source.name === name)) return;
  throw new CliError(EXIT.refused, `There is no source "${name}". npx jobmount sources lists all.`);
}
