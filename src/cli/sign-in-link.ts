// A link that turns into a token, once: from the running service, or from its database when none runs.
import type { NewSignInCode } from "../access/sign-in-links.ts";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import { type AccessWarning, unknownSources } from "../access/unknown-sources.ts";
import type { Config, LoadedConfig } from "../config.ts";
import { linkAddress } from "../config/link-address.ts";
import { nearest } from "../sdk/nearest.ts";
import type { CliContext } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnAccess } from "./own-access.ts";
import { findServer } from "./server.ts";

export interface SignInLink {
  id: string;
  url: string;
  expiresAt: string;
  warnings: readonly AccessWarning[];
  /** Whether a service answers at that address now. */
  served: boolean;
}

export async function signInLink(
  context: CliContext,
  loaded: LoadedConfig,
  wanted: NewSignInCode = {},
): Promise<SignInLink> {
  if (loaded.config.url !== null) throw elsewhere();
  const server = await findServer(context, loaded);
  if (!server) return ownLink(loaded.config, wanted);
  const { body } = await server.ask("POST", "/sign-in-links", { body: wanted, signal: context.signal });
  return { ...(body as Omit<SignInLink, "served">), served: true };
}

/** Whoever may make links may become anybody: that takes the files of the service, and no token is enough. */
function elsewhere(): CliError {
  return new CliError(
    EXIT.configuration,
    "A sign-in link is made on the service's own machine, in its folder, and JOBMOUNT_URL names a service to be asked over the network. Take it away there: unset JOBMOUNT_URL",
  );
}

function ownLink(config: Config, wanted: NewSignInCode): Promise<SignInLink> {
  return withOwnAccess(config, "sign-in-links.create", async (access, about) => {
    about({ detail: { asked: wanted } });
    const { id, code, expiresAt } = await access.createSignInCode(wanted, LOCAL_PRINCIPAL);
    const url = `${linkAddress(config)}/sign-in?code=${code}`;
    const warnings = ownWarnings(config, wanted.sources);
    return { id, url, expiresAt: new Date(expiresAt).toISOString(), warnings, served: false };
  });
}

/** Without a service the settings say which sources there will be. */
export function ownWarnings(
  { sources }: Config,
  asked: readonly string[] | null | undefined,
): AccessWarning[] {
  return unknownSources(asked, [...sources.map(({ name }) => name), "builtin"], nearest);
}
