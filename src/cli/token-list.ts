// `jobmount token list|revoke|links|withdraw`: which tokens and unused sign-in links there are, and their end.
import type { Command } from "commander";
import type { Access } from "../access/access.ts";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import { type CliContext, settings } from "./context.ts";
import { withOwnAccess } from "./own-access.ts";
import { fetchShort } from "./remote.ts";
import { findServer } from "./server.ts";
import { printable, table } from "./terminal.ts";

interface Shown {
  id: string;
  name: string;
  role: string;
  sources: readonly string[] | null;
  expiresAt: string | null;
}

interface ShownToken extends Shown {
  prefix: string;
  lastUsedAt: string | null;
}

export function defineLists(command: Command, context: CliContext): void {
  const { terminal } = context;
  command
    .command("list")
    .description("the tokens that hold, without their secrets")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const tokens = await listed<ShownToken>(context, "tokens", ownTokens);
      if (options.json) return terminal.json(tokens);
      if (tokens.length === 0) return terminal.say("There are no tokens.");
      const rows = tokens.map((one) => [...cells(one), one.prefix, shortTime(one.lastUsedAt) ?? "never"]);
      terminal.data(table([[...HEAD, "BEGINS", "LAST USED"], ...rows]));
    });
  command
    .command("revoke")
    .argument("<id>", "tok_…, as list shows it")
    .description("end a token, and every session that it signed in")
    .action(async (id: string) => {
      await ended(context, "tokens", id, (access) => access.revoke(id, LOCAL_PRINCIPAL));
      terminal.say(`${id} is revoked`);
    });
  command
    .command("links")
    .description("the sign-in links that nobody has used yet")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const links = await listed<Shown>(context, "sign-in-links", ownLinks);
      if (options.json) return terminal.json(links);
      if (links.length === 0) return terminal.say("There are no unused sign-in links.");
      terminal.data(table([HEAD, ...links.map(cells)]));
    });
  command
    .command("withdraw")
    .argument("<id>", "lnk_…, as links shows it")
    .description("take back a sign-in link that nobody has used yet")
    .action(async (id: string) => {
      await ended(context, "sign-in-links", id, (access) => access.withdrawSignInLink(id, LOCAL_PRINCIPAL));
      terminal.say(`${id} is taken back`);
    });
}

const HEAD = ["ID", "NAME", "ROLE", "SOURCES", "UNTIL"];

function cells({ id, name, role, sources, expiresAt }: Shown): string[] {
  return [id, printable(name), role, sources?.join(",") ?? "all", shortTime(expiresAt) ?? "no end"];
}

function shortTime(time: string | null): string | undefined {
  return time?.replace(/\.\d+Z$/, "Z");
}

/** From the running service, or from its database when none runs. */
async function listed<T>(
  context: CliContext,
  what: "tokens" | "sign-in-links",
  own: (access: Access) => Promise<T[]>,
): Promise<T[]> {
  const loaded = settings(context);
  const server = await findServer(context, loaded);
  if (server) return fetchShort<T>(server, `/${what}`, context.signal);
  return withOwnAccess(loaded.config, `${what}.list`, own);
}

async function ended(
  context: CliContext,
  what: "tokens" | "sign-in-links",
  id: string,
  own: (access: Access) => Promise<unknown>,
): Promise<void> {
  const loaded = settings(context);
  const server = await findServer(context, loaded);
  if (server) {
    await server.ask("DELETE", `/${what}/${encodeURIComponent(id)}`, { signal: context.signal });
    return;
  }
  await withOwnAccess(loaded.config, `${what}.delete`, async (access, about) => {
    about({ target: id });
    await own(access);
  });
}

async function ownTokens(access: Access): Promise<ShownToken[]> {
  return (await access.list(LOCAL_PRINCIPAL)).map(
    ({ id, name, role, sources, prefix, expiresAt, lastUsedAt }) => ({
      ...{ id, name, role, sources, prefix },
      expiresAt: timeOf(expiresAt),
      lastUsedAt: timeOf(lastUsedAt),
    }),
  );
}

async function ownLinks(access: Access): Promise<Shown[]> {
  return (await access.signInLinks(LOCAL_PRINCIPAL)).map(({ id, name, role, sources, expiresAt }) => ({
    ...{ id, name, role, sources },
    expiresAt: timeOf(expiresAt),
  }));
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
