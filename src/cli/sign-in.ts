// `jobmount sign-in`: a fresh one-time link, from the running service or from its database.
import type { Command } from "commander";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import type { Config } from "../config.ts";
import { type CliContext, settings } from "./context.ts";
import { withOwnAccess } from "./own-access.ts";
import { findServer } from "./server.ts";

interface Link {
  url: string;
  expiresAt: string;
}

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command.option("--json", "as JSON").action(async (options: { json?: boolean }) => {
    const loaded = settings(context);
    const server = await findServer(context, loaded);
    const link = server
      ? ((await server.ask("POST", "/sign-in-links", { body: {}, signal })).body as Link)
      : await ownLink(loaded.config);
    if (options.json) return terminal.json(link);
    terminal.data(link.url);
    terminal.say(`Works once, until ${link.expiresAt.replace(/\.\d+Z$/, "Z")}.`);
    if (!server) terminal.say("No service runs on this database: start it, then open the link.");
  });
}

function ownLink(config: Config): Promise<Link> {
  return withOwnAccess(config, "sign-in-links.create", async (access) => {
    const { code, expiresAt } = await access.createSignInCode({}, LOCAL_PRINCIPAL);
    return { url: `${addressOf(config)}/sign-in?code=${code}`, expiresAt: new Date(expiresAt).toISOString() };
  });
}

/** Where the service of these settings will listen. */
function addressOf(config: Config): string {
  if (config.publicUrl !== null) return config.publicUrl;
  const host = config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${config.port}${config.basePath}`;
}
