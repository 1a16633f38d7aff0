// Whether the database takes writes: one that is large enough to need room of its own on the disk, and leaves nothing behind.
import type { Database } from "./database.ts";

const NAME = "write_probe";
/** A trigger changes about as much. A row that fits into a page that is there anyway would find room on a full disk. */
const VALUE = "-".repeat(32 * 1024);

/**
 * Throws what the database says when it takes nothing. Two commits: within one, SQLite never writes what is removed again.
 * One that is cut short leaves a row, which the next one takes away.
 */
export async function tryWrite({ dialect, write }: Pick<Database, "dialect" | "write">): Promise<void> {
  const overwrite = dialect.overwrite(["name"], ["value"]);
  await write((sql) =>
    sql.run(`INSERT INTO settings (name, value) VALUES (?, ?)${overwrite}`, [NAME, VALUE]),
  );
  await write((sql) => sql.run("DELETE FROM settings WHERE name = ?", [NAME]));
}
