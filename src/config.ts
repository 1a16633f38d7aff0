// From the environment to one frozen, typed Config; every problem is told at once.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "./errors.ts";
import type { DatabaseLocation, SourceLocation, WatchMode } from "./config/values.ts";
import { type Field, type Settings, type Variable, variables } from "./config/variables.ts";

export type { DatabaseLocation, SourceLocation, WatchMode };

export type Env = Readonly<Record<string, string | undefined>>;

/** Every setting of the service (src/config/variables.ts says what each means), and what follows from them. */
export interface Config extends Settings {
  /** Where the service keeps its own files: the folder of the SQLite file, else ./data. Absolute. */
  readonly dataDir: string;
  /** The unix socket of the running service. */
  readonly socketPath: string;
  /** Where the jobs' `dataDir` folders lie. */
  readonly filesDir: string;
  /** Names of the variables that nobody has set: a cause that names a limit says where it came from. */
  readonly defaulted: ReadonlySet<string>;
  /** Where the packages of tasks are installed, outside of every mount. */
  readonly depsDir: string;
}

/** One wrong variable. `value` is masked when it is a secret. */
export interface ConfigProblem {
  name: string;
  value: string | null;
  message: string;
}

/** All wrong variables; its message is a sentence for each. The process ends with exit code 78. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => `${problem.name}: ${problem.message}`).join("\n"));
  }
}

export interface LoadedConfig {
  config: Config;
  /** Sentences about variables that look like ours and are not known. */
  warnings: string[];
  /** Where each value came from: a variable's name, or null for the default. */
  origins: Readonly<Record<Field, string | null>>;
}

export interface LoadOptions {
  /** Relative paths are taken from here. */
  cwd?: string;
  /** Texts that stand for variables which are not set, by variable name (`dev` keeps its database elsewhere). */
  defaults?: Readonly<Record<string, string>>;
}

/** Reads all settings, or throws ConfigError with every problem. An empty variable counts as not set. */
export function loadConfig(env: Env, options: LoadOptions = {}): LoadedConfig {
  const cwd = options.cwd ?? process.cwd();
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  const origins: Record<string, string | null> = {};
  for (const [field, variable] of Object.entries(variables) as [Field, Variable<unknown>][]) {
    const { text, origin } = givenText(variable, env, cwd, problems);
    const effective = text ?? options.defaults?.[variable.name] ?? variable.fallback;
    origins[field] = origin;
    values[field] = effective === null ? null : variable.kind.read(effective, cwd);
    if (values[field] !== undefined) continue;
    // What a file holds is never shown: the wrong file may have been named.
    const fromFile = origin?.endsWith("_FILE") === true;
    const value = fromFile ? null : maskText(variable, effective!);
    const what = fromFile ? `what the file of ${origin} holds` : JSON.stringify(value);
    problems.push({
      name: variable.name,
      value,
      message: `${what} is not allowed; allowed is ${variable.kind.allowed}`,
    });
  }
  const settings = values as unknown as Settings;
  checkTogether(settings, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const dataDir = settings.taskDatabase.path ? dirname(settings.taskDatabase.path) : resolve(cwd, "data");
  const config: Config = Object.freeze({
    ...settings,
    dataDir,
    socketPath: join(dataDir, "jobmount.sock"),
    filesDir: settings.filesDir ?? join(dataDir, "files"),
    defaulted: new Set(
      Object.entries(variables)
        .filter(([field]) => origins[field] === null)
        .map(([, variable]) => variable.name),
    ),
    depsDir: settings.depsDir ?? join(dataDir, "deps"),
  });
  return { config, warnings: unknownNames(env), origins: origins as Record<Field, string | null> };
}

/** The text of the variable or of the file that NAME_FILE names. */
function givenText(
  variable: Variable<unknown>,
  env: Env,
  cwd: string,
  problems: ConfigProblem[],
): { text: string | undefined; origin: string | null } {
  const { name } = variable;
  const fileName = `${name}_FILE`;
  const [direct, file] = [env[name], env[fileName]];
  if (direct && file) {
    problems.push({ name, value: null, message: `both ${name} and ${fileName} are set; set one of them` });
    return { text: undefined, origin: null };
  }
  if (direct) return { text: direct.trim(), origin: name };
  if (!file) return { text: undefined, origin: null };
  try {
    return { text: readFileSync(resolve(cwd, file), "utf8").trim(), origin: fileName };
  } catch (error) {
    const message = `the file ${file} cannot be read: ${messageOf(error)}; allowed is the path of a readable file`;
    problems.push({ name: fileName, value: file, message });
    return { text: undefined, origin: null };
  }
}

/** What no variable can be judged on alone. A wrong one is undefined here and was told already. */
function checkTogether(settings: Settings, problems: ConfigProblem[]): void {
  const { taskDatabase, secretKeys, heartbeatMs, leaseMs } = settings;
  const told = new Set(problems.map((problem) => problem.name));
  if (taskDatabase?.kind === "mysql" && secretKeys === null && !told.has("JOBMOUNT_SECRET_KEY")) {
    problems.push({
      name: "JOBMOUNT_SECRET_KEY",
      value: null,
      message:
        "it is not set, and TASK_DATABASE_URL is MySQL, where every process needs the same key; " +
        `allowed is ${variables.secretKeys.kind.allowed}, for one the output of: openssl rand -hex 32`,
    });
  }
  if (leaseMs < 3 * heartbeatMs) {
    problems.push({
      name: "JOBMOUNT_LEASE",
      value: `${leaseMs}ms`,
      message: `${leaseMs}ms is too short for JOBMOUNT_HEARTBEAT ${heartbeatMs}ms; allowed is at least three heartbeats (${3 * heartbeatMs}ms)`,
    });
  }
}

/** What may be shown of a text: of an address everything but its password, of any other secret nothing. */
export function maskText(variable: Variable<unknown>, text: string): string {
  if (!variable.name.endsWith("_URL")) return variable.secret ? "***" : text;
  // Also a wrong address may hold a password, with any letters in it: all up to the last @ goes, but the user.
  return text.replace(/^(?:([a-z]+:\/\/[^:@]*).*@|.*@)/i, (_all, head?: string) => `${head ?? ""}:***@`);
}

function unknownNames(env: Env): string[] {
  const known = Object.values(variables).flatMap((variable) => [variable.name, `${variable.name}_FILE`]);
  const warnings: string[] = [];
  for (const name of Object.keys(env).sort()) {
    if (known.includes(name)) continue;
    const nearest = known
      .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
      .sort((a, b) => a.distance - b.distance)[0]!;
    // Names without our prefix belong to anybody; only a slip of a letter or two in a long one is surely meant for us.
    const slip = nearest.distance <= 2 && nearest.candidate.length >= 12;
    if (!name.startsWith("JOBMOUNT_") && !slip) continue;
    warnings.push(
      `${name} is not a setting and is ignored` +
        (nearest.distance <= 6 ? `; did you mean ${nearest.candidate}?` : ""),
    );
  }
  return warnings;
}

/** Levenshtein distance: letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** What the jobs' children see besides what they declare: enough to find programs, no settings of ours. */
export function childEnvironment(env: Env): Record<string, string> {
  return { PATH: env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", TZ: "UTC" };
}

/**
 * What a job declared in `env`, of this process's own environment; names that are not set are left out. The service's
 * own settings are never among them: a job that named the key of all secrets would get it.
 */
export function jobEnvironment(config: Config, env: Env, names: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of names) {
    // Absolute, and there even when it is not set: a child runs in a folder of its own.
    const value =
      name === "DATA_DATABASE_URL" ? config.dataDatabase.url : isOurs(name) ? undefined : env[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function isOurs(name: string): boolean {
  const bare = name.replace(/_FILE$/, "");
  return bare.startsWith("JOBMOUNT_") || Object.values(variables).some((variable) => variable.name === bare);
}
