// `jobmount token create`: an access token, shown once.
import { type Command, InvalidArgumentError, Option } from "commander";
import { LONGEST_CODE_MS } from "../access/access.ts";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import type { AccessWarning } from "../access/unknown-sources.ts";
import type { LoadedConfig } from "../config.ts";
import { type Role, ROLES } from "../access/role.ts";
import { parseDuration } from "../duration.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnAccess } from "./own-access.ts";
import { findServer } from "./server.ts";
import { ownWarnings, signInLink } from "./sign-in-link.ts";
import type { Terminal } from "./terminal.ts";
import { defineLists } from "./token-list.ts";

interface CreateOptions {
  name?: string;
  role: Role;
  source?: string[];
  expires?: number;
  link?: boolean;
  json?: boolean;
}

interface Issued {
  id: string;
  name: string;
  role: string;
  sources: readonly string[] | null;
  expiresAt: string | null;
  token: string;
  warnings: readonly AccessWarning[];
}

export function define(command: Command, context: CliContext): void {
  command
    .command("create")
    .description("make a token; it is printed on stdout, once, and never again")
    .option(
      "--name <name>",
      "by which people know it, such as ci; unless given, its role and the day",
      nonEmpty,
    )
    .addOption(new Option("--role <role>", "what it may do").choices(ROLES).default("viewer"))
    .option(
      "--source <name>",
      "limit it to this source; may be given again",
      (name, before: string[] = []) => [...before, name],
    )
    .option("--expires <when>", "a duration from now such as 90d, or RFC 3339; never unless given", expiryOf)
    .option("--link", "instead of the token a link to send to somebody: it turns into the token, once")
    .option("--json", "print the token with all about it as JSON")
    .action((options: CreateOptions) => create(context, options));
  defineLists(command, context);
}

async function create(context: CliContext, options: CreateOptions): Promise<void> {
  const { terminal, signal } = context;
  const loaded = settings(context);
  const { role, source: sources = null } = options;
  const name = options.name ?? `${role} of ${new Date().toISOString().slice(0, 10)}`;
  if (options.link) return sendLink(context, loaded, options, name);
  const expiresAt = options.expires === undefined ? null : new Date(options.expires).toISOString();
  const server = await findServer(context, loaded);
  const issued = server
    ? ((
        await server.ask("POST", "/tokens", {
          body: { name, role, sources: sources ?? undefined, expiresAt },
          signal,
        })
      ).body as Issued)
    : await withOwnAccess(loaded.config, "tokens.create", async (access, about) => {
        about({ detail: { asked: { name, role, sources, expiresAt } } });
        const input = { name, role, sources, expiresAt: options.expires ?? null };
        const { token, secret } = await access.createToken(input, LOCAL_PRINCIPAL);
        about({ target: token.id });
        const warnings = ownWarnings(loaded.config, sources);
        return { id: token.id, name, role, sources, expiresAt, token: secret, warnings };
      });
  if (options.json) return terminal.json(issued);
  terminal.data(issued.token);
  const where = issued.sources === null ? "all sources" : issued.sources.join(", ");
  const until = issued.expiresAt === null ? "until it is revoked" : `until ${issued.expiresAt}`;
  terminal.say(`${issued.id} "${issued.name}": ${issued.role} of ${where}, ${until}. It is not shown again.`);
  sayWarnings(terminal, issued.warnings);
}

/** The link on stdout; on stderr a line that can be sent along with it. */
async function sendLink(
  context: CliContext,
  loaded: LoadedConfig,
  { role, source: sources, expires, json }: CreateOptions,
  name: string,
): Promise<void> {
  const { terminal } = context;
  if (expires !== undefined)
    throw new CliError(
      EXIT.usage,
      "--expires is of a token; what a link turns into ends after 30 days. Leave one of them out.",
    );
  const wanted = { name, role, sources, validMs: LONGEST_CODE_MS };
  const { served, ...link } = await signInLink(context, loaded, wanted);
  if (json) return terminal.json(link);
  terminal.data(link.url);
  const what = sources === undefined ? "all sources" : sources.join(", ");
  const until = link.expiresAt.replace(/\.\d+Z$/, "Z");
  terminal.say("To send along with it:");
  terminal.say(
    `  Jobmount for ${what} (${role}): load errors, next fires and failures of your jobs. The link works once, until ${until}.`,
  );
  if (!served) terminal.say("No service runs on this database: start it before the link is opened.");
  sayWarnings(terminal, link.warnings);
}

function sayWarnings(terminal: Terminal, warnings: readonly AccessWarning[]): void {
  for (const { message } of warnings) terminal.say(terminal.paint("yellow", `note: ${message}`));
}

function nonEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

function expiryOf(text: string): number {
  const ms = parseDuration(text);
  const instant =
    ms !== undefined ? Date.now() + ms : /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isSafeInteger(instant) || instant > Date.UTC(9999, 0)) {
    throw new InvalidArgumentError(
      "It must be a duration such as 90d, or a time such as 2027-01-31T00:00:00Z.",
    );
  }
  if (instant <= Date.now()) throw new InvalidArgumentError("It must lie in the future.");
  return instant;
}
