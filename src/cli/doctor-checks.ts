// What `jobmount doctor` looks at, in this order. A check answers findings and throws nothing that can be told.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { jobUserOf } from "../app/job-user.ts";
import type { LoadedConfig } from "../config.ts";
import { messageOf } from "../errors.ts";
import { silentLogger } from "../log.ts";
import { findWalls } from "../sandbox/walls.ts";
import type { CliContext } from "./context.ts";
import { withOwnDatabase } from "./own-database.ts";
import { failureOf } from "./exit.ts";
import { lookForSecrets } from "./secret-check.ts";
import { findServer } from "./server.ts";

export interface Finding {
  check: string;
  /** `warn`: it works, and somebody should know; `failed`: it does not. */
  state: "ok" | "warn" | "failed";
  says: string;
}

export interface World {
  context: CliContext;
  loaded: LoadedConfig;
}

export type Check = (world: World) => Finding[] | Promise<Finding[]>;

export const checks: readonly Check[] = [node, sources, dataFolder, service, secrets, walls];

const DATABASE_WAIT_MS = 5_000;
const LEAST_NODE = [20, 19] as const;

function node(): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const fits = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return [
    fits
      ? ok("node", process.version)
      : failed("node", `${process.version} is too old; at least ${LEAST_NODE.join(".")}`),
  ];
}

async function sources({ loaded }: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, path } of loaded.config.sources) {
    const check = `source ${name}`;
    if (!(await may(path, constants.R_OK | constants.X_OK)))
      findings.push(failed(check, `${path} is not there or cannot be read; set EXTERNAL_TASKS_PATH`));
    else if (await may(path, constants.W_OK))
      findings.push(ok(check, `${path}; it may be mounted read-only, nothing is ever written there`));
    else findings.push(ok(check, path));
  }
  return findings;
}

async function dataFolder({ loaded }: World): Promise<Finding[]> {
  const { dataDir } = loaded.config;
  if (!(await may(dataDir, constants.F_OK)))
    return [ok("data folder", `${dataDir} is not there yet; the first start makes it`)];
  return [
    (await may(dataDir, constants.W_OK))
      ? ok("data folder", dataDir)
      : failed("data folder", `${dataDir} cannot be written to by this user`),
  ];
}

async function service({ context, loaded }: World): Promise<Finding[]> {
  try {
    const server = await findServer(context, loaded);
    if (!server) return [warn("service", `none answers on ${loaded.config.socketPath}`)];
    const { checks: told } = await server.ready();
    return told.map(({ name, ok: fine, detail }) =>
      fine ? ok(`service, ${name}`, detail ?? "well") : failed(`service, ${name}`, detail ?? "not well"),
    );
  } catch (error) {
    return [failed("service", failureOf(error).text)];
  }
}

async function secrets({ context, loaded }: World): Promise<Finding[]> {
  try {
    const server = await findServer(context, loaded);
    if (!server) return [warn("secrets", "no service answers that could run the check")];
    const { dataDir, taskDatabase } = loaded.config;
    // Of SQLite the file itself is looked through, and it is the service's alone.
    const rowsOf = (runId: string) =>
      withOwnDatabase(loaded.config, DATABASE_WAIT_MS, async (database) =>
        (await import("../db/run-rows.ts")).storedTexts(database, runId),
      );
    const ownRows = server.local && taskDatabase.path === null;
    const { leaked, says } = await lookForSecrets(server, { dataDir, ...(ownRows ? { rowsOf } : {}) });
    return [(leaked === 0 ? ok : failed)("secrets", says)];
  } catch (error) {
    return [warn("secrets", `could not be looked for: ${failureOf(error).text}`)];
  }
}

async function walls({ loaded: { config } }: World): Promise<Finding[]> {
  try {
    const found = await findWalls(jobUserOf(config, silentLogger));
    return found.map(({ name, stands, says }) => (stands ? ok : warn)(`wall, ${name}`, says));
  } catch (error) {
    return [failed("walls", messageOf(error))];
  }
}

const ok = (check: string, says: string): Finding => ({ check, state: "ok", says });
const warn = (check: string, says: string): Finding => ({ check, state: "warn", says });
const failed = (check: string, says: string): Finding => ({ check, state: "failed", says });

async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
