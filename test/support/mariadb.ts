// A private MariaDB server for the tests: own data folder, own free port on loopback, gone when the tests are.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import mysql from "mysql2/promise";

export interface MariadbServer {
  /** `mysql://user:password@127.0.0.1:port/`, without a database; the user may do everything. */
  url: string;
  socketPath: string;
  port: number;
  pid: number;
  /** Makes a fresh utf8mb4_bin database and answers its URL. */
  database(): Promise<string>;
  /** Kills it as a power cut would; its data stay. */
  crash(): Promise<void>;
  /** After `crash`: again on the same port, with the same data. */
  startAgain(): Promise<void>;
  /** Ends the server by its pid and removes its folder. A second call changes nothing. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

const USER = "jobmount";
// Needs escaping in a URL, so that whoever forgets to decode it finds out here.
const PASSWORD = "p@ss/word";
const SERVER = ["mariadbd", "mysqld"];
const INSTALLER = ["mariadb-install-db", "mysql_install_db"];
const run = promisify(execFile);

let told = false;

/**
 * Whether the server binary is here. When it is not, says loudly what is left out, and throws with
 * JOBMOUNT_REQUIRE_SERVICES=1, so that a left-out suite cannot pass for a green one.
 */
export function mariadbAvailable(): boolean {
  if (find(SERVER) && find(INSTALLER)) return true;
  const missing = "no mariadbd with mariadb-install-db on this machine (apt-get install mariadb-server)";
  if (process.env["JOBMOUNT_REQUIRE_SERVICES"] === "1") {
    throw new Error(`${missing}, and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving its suites out`);
  }
  if (!told) console.warn(`\n*** LEFT OUT: every suite that needs MariaDB: ${missing} ***\n`);
  told = true;
  return false;
}

let shared: Promise<MariadbServer> | undefined;

/** The one server of this test process, started at the first call; it ends with the process. Nobody stops it. */
export function sharedMariadb(): Promise<Omit<MariadbServer, "stop" | "crash" | "startAgain">> {
  shared ??= startMariadb();
  return shared;
}

/**
 * Starts a server of its own: for tests that stop, freeze or kill it, or start it in their own way. Everybody else takes
 * `sharedMariadb`. Of two `options` with one name the server takes the last.
 */
export async function startMariadb(options: ServerOptions = {}): Promise<MariadbServer> {
  if (!mariadbAvailable()) throw new Error("no mariadbd here: ask mariadbAvailable() first");
  const folder = await mkdtemp(join(tmpdir(), "jobmount-mariadb-"));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await initialise(folder);
    const launched = await launch(folder, options);
    const { port } = launched;
    let { child } = launched;
    const kill = () => {
      child.kill("SIGKILL");
      remove();
    };
    process.once("exit", kill);
    const url = urlOf(port);
    return {
      url,
      port,
      get pid() {
        return child.pid!;
      },
      socketPath: join(folder, "s"),
      database: () => createDatabase(url),
      async crash() {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.ref();
        child.kill("SIGKILL");
        await gone;
      },
      async startAgain() {
        const log = join(folder, "server.log");
        child = start(folder, port, log, options);
        if (!(await answers(child, port))) throw new Error(`mariadbd did not start again:\n${readLog(log)}`);
      },
      async stop() {
        process.off("exit", kill);
        await end(child);
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

const urlOf = (port: number) => `mysql://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/`;

async function initialise(folder: string): Promise<void> {
  await writeFile(
    join(folder, "init.sql"),
    `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';\n` +
      `GRANT ALL PRIVILEGES ON *.* TO '${USER}'@'%' WITH GRANT OPTION;\n`,
  );
  await run(find(INSTALLER)!, [
    "--no-defaults",
    `--datadir=${join(folder, "data")}`,
    // Its own: two that start at once take each other's temporary tables away otherwise (seen).
    `--tmpdir=${folder}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--skip-name-resolve",
    "--innodb-log-file-size=16M",
    ...asRoot(),
  ]);
}

/** A port found free may be taken before the server binds it: then the server ends and the next one is tried. */
async function launch(
  folder: string,
  options: ServerOptions,
): Promise<{ child: ChildProcess; port: number }> {
  const log = join(folder, "server.log");
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const child = start(folder, port, log, options);
    if (await answers(child, port)) return { child, port };
    await end(child);
    if (tries === 3) throw new Error(`mariadbd did not start:\n${readLog(log)}`);
  }
}

function start(
  folder: string,
  port: number,
  log: string,
  { args: more = [], env }: ServerOptions,
): ChildProcess {
  const args = [
    "--no-defaults",
    `--datadir=${join(folder, "data")}`,
    `--tmpdir=${folder}`,
    `--socket=${join(folder, "s")}`,
    `--pid-file=${join(folder, "pid")}`,
    `--log-error=${log}`,
    `--init-file=${join(folder, "init.sql")}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--performance-schema=OFF",
    "--max-connections=200",
    ...more,
    ...asRoot(),
  ];
  // Killed test runs must not leave servers behind: the kernel ends this child with its parent.
  const tied = find(["setpriv"]);
  const child = tied
    ? spawn(tied, ["--pdeathsig", "KILL", find(SERVER)!, ...args], { stdio: "ignore", env })
    : spawn(find(SERVER)!, args, { stdio: "ignore", env });
  child.unref();
  return child;
}

async function answers(child: ChildProcess, port: number): Promise<boolean> {
  const until = performance.now() + 20_000;
  while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
    try {
      const connection = await mysql.createConnection({ uri: urlOf(port), connectTimeout: 2_000 });
      await connection.end();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.ref();
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(force);
}

async function createDatabase(url: string): Promise<string> {
  const name = `jm_${randomBytes(6).toString("hex")}`;
  const connection = await mysql.createConnection(url);
  try {
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  } finally {
    await connection.end();
  }
  return url + name;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("no free port"));
      });
    });
  });
}

const asRoot = () => (process.getuid?.() === 0 ? ["--user=root"] : []);

/** Full path of the first of these programs; servers lie in sbin, which a user's PATH often lacks. */
function find(names: readonly string[]): string | undefined {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/bin",
  ];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

const readLog = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").slice(-2_000) : "(no log)");
