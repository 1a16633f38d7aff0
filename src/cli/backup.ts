// `jobmount backup`: a copy of the SQLite database, also while the service works on it.
import type { Command } from "commander";
import { join, relative, resolve } from "node:path";
import type { Config } from "../config.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";

export function define(command: Command, context: CliContext): void {
  command
    .argument("<file>", "where it goes; nothing that is there is overwritten")
    .option("--json", "as JSON")
    .action(async (file: string, options: { json?: boolean }) => {
      const { terminal, cwd } = context;
      const { config } = settings(context);
      const { path } = config.taskDatabase;
      if (path === null) throw new CliError(EXIT.refused, ofServer(config));
      if (config.url !== null) {
        const note = `note: this copies a database of this machine, not that of the service at ${config.url} (JOBMOUNT_URL)`;
        terminal.say(terminal.paint("yellow", note));
      }
      const target = resolve(cwd, file);
      const { backupSqlite } = await import("../db/backup.ts");
      const bytes = backupSqlite(path, target);
      if (options.json) return terminal.json({ file: target, bytes });
      const shown = (name: string) => shorter(cwd, name);
      terminal.say(`${shown(target)}: ${sizeOf(bytes)}, all that ${shown(path)} held when it began`);
      const key = join(config.dataDir, "secret.key");
      const where = config.secretKeys === null ? `in ${shown(key)}` : "of JOBMOUNT_SECRET_KEY";
      terminal.say(`Secrets in it open with the key ${where} alone: keep a copy of that too.`);
      terminal.say(
        `To go back: stop the service, remove ${shown(path)}-wal and ${shown(path)}-shm, ` +
          `put a copy of this file in the place of ${shown(path)}, start it again.`,
      );
    });
}

/** A server's own tool knows how to copy it; without the password, which nobody should read in a list of processes. */
function ofServer({ taskDatabase }: Config): string {
  const { hostname, port, username, pathname } = new URL(taskDatabase.url);
  const at = `--host ${hostname} --port ${port || "3306"} --user ${decodeURIComponent(username)}`;
  const dump = `--single-transaction --no-tablespaces ${at} --password ${pathname.slice(1)} > jobmount.sql`;
  return [
    "backup copies an SQLite file, and this database is on a server, whose own tool makes its backups:",
    `  mysqldump ${dump}`,
    "With MariaDB the tool is mariadb-dump and takes the same. docs/operations.md says how to go back.",
  ].join("\n");
}

function shorter(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short.length < path.length ? short : path;
}

function sizeOf(bytes: number): string {
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(0)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
