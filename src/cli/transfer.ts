// `jobmount export` and `jobmount import`: everything of one database, as lines, into another one.
import type { Command } from "commander";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { messageOf } from "../errors.ts";
import { linesIn } from "../lines.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { withOwnDatabase } from "./own-database.ts";

const WAIT_MS = 10_000;

/** The two verbs share a file: neither is of use without the other. */
export const exporting = {
  define(command: Command, context: CliContext): void {
    const unreadable = "also values of secrets whose key is missing: nothing will open them";
    command.option("--with-unreadable", unreadable).action(async (options: { withUnreadable?: boolean }) => {
      const { terminal } = context;
      const { config } = settings(context);
      const { tables, rows } = await withOwnDatabase(config, WAIT_MS, async (database) => {
        const { exportAll } = await import("../db/transfer.ts");
        const { refuseWhileAtWork } = await import("../db/import-hold.ts");
        const { secretKeys } = await import("../app/secret-key.ts");
        const { refuseWhileEndsWait } = await import("../app/spool-folder.ts");
        await refuseWhileAtWork(database);
        await refuseWhileEndsWait(config);
        return exportAll(database, secretKeys(config), (line) => terminal.data(line), options);
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
        const { done, left } = await withOwnDatabase(config, WAIT_MS, async (database) => {
          const { importAll, secretsWithoutKey } = await import("../db/transfer.ts");
          const { withoutKeyInWords } = await import("../db/secret-rotation.ts");
          const { secretKeys } = await import("../app/secret-key.ts");
          const open = () => (file === undefined ? terminal.stdin : createReadStream(resolve(cwd, file)));
          const keys = secretKeys(config);
          const done = await importAll(database, keys, linesOf(open, file ?? "stdin"));
          return { done, left: withoutKeyInWords(await secretsWithoutKey(database, keys)) };
        });
        terminal.say(`imported ${done.rows} rows of ${done.tables} tables`);
        if (left !== undefined) terminal.say(terminal.paint("yellow", `warning: ${left}.`));
      });
  },
};

/** Opens nothing before the first line is asked for. */
async function* linesOf(open: () => Readable, name: string): AsyncGenerator<string> {
  try {
    yield* linesIn(open());
  } catch (error) {
    throw new CliError(EXIT.usage, `${name} cannot be read: ${messageOf(error)}`);
  }
}
