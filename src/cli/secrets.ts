// `jobmount secrets`: which key seals how many values, and sealing all of them with the newest.
import type { Command } from "commander";
import type { Config } from "../config.ts";
import type { Rotation } from "../db/secret-rotation.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnDatabase } from "./own-database.ts";
import { findServer } from "./server.ts";
import type { Terminal } from "./terminal.ts";

/** A service reads every table of a large database for it. */
const PATIENCE_MS = 10 * 60_000;

const LEFT =
  "What lies under the other keys cannot be opened: JOBMOUNT_SECRET_KEY does not hold them. Add them behind the newest, or save those values again.";

type Verb = "status" | "rotate";

export function define(command: Command, context: CliContext): void {
  command
    .command("status")
    .description("how many secret values are encrypted with which key")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) => perform(context, "status", options));
  command
    .command("rotate")
    .description("encrypt all secret values anew with the newest key, so that the earlier ones may go")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) => perform(context, "rotate", options));
}

async function perform(context: CliContext, verb: Verb, options: { json?: boolean }): Promise<void> {
  const { terminal, signal } = context;
  const loaded = settings(context);
  const server = await findServer(context, loaded);
  const found = server
    ? ((await (
        verb === "rotate"
          ? server.ask("POST", "/secrets/rotate", { signal, timeoutMs: PATIENCE_MS })
          : server.ask("GET", "/secrets", { signal, timeoutMs: PATIENCE_MS })
      ).then(({ body }) => body)) as Rotation)
    : await inOwnDatabase(loaded.config, verb);
  if (options.json) terminal.json(found);
  else tell(found, verb, terminal);
  // A script that takes the old key away behind it must not go on.
  if (verb === "rotate" && Object.keys(found.others).length > 0) throw new CliError(EXIT.refused, LEFT);
}

async function inOwnDatabase(config: Config, verb: Verb): Promise<Rotation> {
  const { secretKeys } = await import("../app/secret-key.ts");
  const { Vault } = await import("../db/secrets.ts");
  const { countSealed, resealAll } = await import("../db/secret-rotation.ts");
  return withOwnDatabase(config, 1_000, (database) => {
    const vault = new Vault(secretKeys(config));
    return verb === "rotate" ? resealAll(database, vault) : countSealed(database, vault);
  });
}

function tell({ key, current, resealed, others }: Rotation, verb: Verb, terminal: Terminal): void {
  const left = Object.entries(others);
  terminal.data(`key ${key} (the newest)  ${values(current + resealed)}`);
  for (const [id, n] of left) terminal.data(`key ${id}  ${values(n)}`);
  if (verb === "status") {
    if (left.length > 0) terminal.say("npx jobmount secrets rotate encrypts them all with the newest key.");
    return;
  }
  terminal.say(`${values(resealed)} encrypted anew.`);
  if (left.length === 0) terminal.say(`Nothing needs another key than ${key}: the others may go.`);
}

const values = (n: number) => `${n} ${n === 1 ? "value" : "values"}`;
