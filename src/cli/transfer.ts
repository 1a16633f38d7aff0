// `jobmount export` and `jobmount import`: everything of one database, as lines, into another one.
import type { Command } from "commander";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { messageOf } from "../errors.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnDatabase } from "./own-database.ts";

const WAIT_MS = 10_000;

/** The two verbs share a file: neither is of use without the other. */
export const exporting = {
  define(command: Command, context: CliContext): void {
    command.action(async () => {
      const { terminal } = context;
      const { config } = settings(context);
      const { tables, rows } = await withOwnDatabase(config, WAIT_MS, async (database) => {
        const { exportAll } = await import("../db/transfer.ts");
        const { refuseWhileAtWork } = await import("../db/import-hold.ts");
        const { secretKeys } = await import("../app/secret-key.ts");
        await refuseWhileAtWork(database);
        return exportAll(database, secretKeys(config), (line) => terminal.data(line));
      });
      terminal.say(`exported ${rows} rows of ${tables} tables`);
    });
  },
};

export const importing = {
  define(command: Command, context: CliContext): void {
    command
      .argument("[file]", "what export printed; stdin unless given")
      .action(async (file: string | undefined) => {
        const { terminal, cwd } = context;
        const { config } = settings(context);
        const { tables, rows } = await withOwnDatabase(config, WAIT_MS, async (database) => {
          const { importAll } = await import("../db/transfer.ts");
          const { secretKeys } = await import("../app/secret-key.ts");
          const open = () => (file === undefined ? terminal.stdin : createReadStream(resolve(cwd, file)));
          return importAll(database, secretKeys(config), linesOf(open, file ?? "stdin"));
        });
        terminal.say(`imported ${rows} rows of ${tables} tables`);
      });
  },
};

/** Reads nothing before the first line is asked for: readline forgets what it says while nobody listens. */
async function* linesOf(open: () => Readable, name: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: open(), crlfDelay: Infinity });
  } catch (error) {
    throw new CliError(EXIT.usage, `${name} cannot be read: ${messageOf(error)}`);
  }
}
