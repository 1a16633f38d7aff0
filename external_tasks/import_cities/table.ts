// Opens the table `cities` in the database that DATA_DATABASE_URL names.
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute } from "node:path";
import { PermanentError } from "jobmount";
import { MysqlCities } from "./mysql-cities.ts";
import type { CitiesTable } from "./rows.ts";
import { SqliteCities } from "./sqlite-cities.ts";

/** Connects to what `DATA_DATABASE_URL` names; an SQLite file is not made before something is written to it. */
export async function openCities(url: string): Promise<CitiesTable> {
  const scheme = /^[a-z]+(?=:)/.exec(url)?.[0];
  if (scheme === "sqlite") {
    const path = url.slice("sqlite:".length).replace(/^\/\//, "");
    if (path !== "" && !path.startsWith(":")) {
      refuseTemporary(path);
      return new SqliteCities(path);
    }
  }
  if (scheme === "mysql" || scheme === "mariadb") {
    const mysql = URL.canParse(url) ? new URL(url.replace(/^mariadb:/, "mysql:")) : undefined;
    if (mysql && mysql.pathname.length > 1) return MysqlCities.connect(mysql.href);
  }
  // The value may hold a password, so it is not shown.
  throw new PermanentError(
    `DATA_DATABASE_URL (${scheme ? `${scheme}:…` : "without a scheme"}) names no database: it is sqlite:<file> or ` +
      "mysql://user:password@host:3306/database",
  );
}

/**
 * The service hands over absolute paths. A relative one would lead into the attempt's working folder, which is removed
 * afterwards: 34,011 cities would be written, counted, and gone.
 */
function refuseTemporary(path: string): void {
  if (isAbsolute(path)) return;
  const working = realpathSync(process.cwd());
  const temporary = realpathSync(tmpdir());
  if (working !== temporary && !working.startsWith(`${temporary}/`)) return;
  throw new PermanentError(
    `the data database sqlite:${path} would lie in the folder of this attempt, which is removed at its end: set DATA_DATABASE_URL to an absolute path`,
  );
}
