// A link that turns into a token, once: from the running service, or from its database when none runs.
import type { NewSignInCode } from "../access/access.ts";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import type { Config, LoadedConfig } from "../config.ts";
import type { CliContext } from "./context.ts";
import { withOwnAccess } from "./own-access.ts";
import { findServer } from "./server.ts";

export interface SignInLink {
  url: string;
  expiresAt: string;
  /** Whether a service answers at that address now. */
  served: boolean;
}

export async function signInLink(
  context: CliContext,
  loaded: LoadedConfig,
  wanted: NewSignInCode = {},
): Promise<SignInLink> {
  const server = await findServer(context, loaded);
  if (!server) return ownLink(loaded.config, wanted);
  const { body } = await server.ask("POST", "/sign-in-links", { body: wanted, signal: context.signal });
  return { ...(body as { url: string; expiresAt: string }), served: true };
}

function ownLink(config: Config, wanted: NewSignInCode): Promise<SignInLink> {
  return withOwnAccess(config, "sign-in-links.create", async (access) => {
    const { code, expiresAt } = await access.createSignInCode(wanted, LOCAL_PRINCIPAL);
    const url = `${addressOf(config)}/sign-in?code=${code}`;
    return { url, expiresAt: new Date(expiresAt).toISOString(), served: false };
  });
}

/** Where the service of these settings will listen. */
function addressOf(config: Config): string {
  if (config.publicUrl !== null) return config.publicUrl;
  const host = config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${config.port}${config.basePath}`;
}
