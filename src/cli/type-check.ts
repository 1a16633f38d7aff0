// The type errors of a folder of jobs, for `validate --types`: loading strips types, so nobody else tells them.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type TypeScript from "typescript";
import { codeFrame } from "../catalog/frame.ts";
import { ENTRY_NAME } from "../catalog/key.ts";
import { loadProblem, type LoadProblem } from "../catalog/load-problem.ts";
import { offeredFolder } from "../catalog/offered.ts";
import { below } from "../catalog/tree.ts";
import { CliError, EXIT } from "./exit.ts";
import { COMPILER_OPTIONS } from "./type-config.ts";
import { installedTypes } from "./type-files.ts";

type Ts = typeof TypeScript;

/** A type error, and the job that it belongs to: null for a file that several jobs may import. */
export interface TypeProblem {
  job: string | null;
  problem: LoadProblem;
}

/**
 * Checks these jobs and all that they import. Options of the folder's own tsconfig.json hold where it has any, and are
 * strict otherwise. `modules`: further folders whose `node_modules` hold packages.
 */
export async function typeProblems(
  root: string,
  keys: readonly string[],
  modules: readonly string[],
): Promise<TypeProblem[]> {
  const ts = await compiler(root);
  const options = await optionsFor(ts, root, modules);
  const entries = keys.flatMap((key) =>
    [ENTRY_NAME, "job.test.ts"].map((name) => join(root, key, name)).filter((path) => existsSync(path)),
  );
  const program = ts.createProgram(entries, options);
  return ts
    .getPreEmitDiagnostics(program)
    .map((found) => toProblem(ts, found, root, keys))
    .filter((found) => found !== null);
}

/** The compiler of the folder itself, else the one beside Jobmount; version 7 has no API that we could ask. */
async function compiler(root: string): Promise<Ts> {
  for (const folder of [root, offeredFolder()]) {
    try {
      const path = createRequire(join(folder, "package.json")).resolve("typescript");
      const module = (await import(pathToFileURL(path).href)) as { default?: Ts };
      if (typeof module.default?.createProgram === "function") return module.default;
    } catch {
      // The next place, then.
    }
  }
  const how = "npm install --save-dev typescript@6";
  throw new CliError(
    EXIT.invalid,
    `--types needs the package typescript (version 5 or 6); install it: ${how}`,
  );
}

async function optionsFor(ts: Ts, root: string, modules: readonly string[]) {
  const installed = await installedTypes();
  const path = join(root, "tsconfig.json");
  const own = existsSync(path)
    ? ts.readConfigFile(path, (file) => readFileSync(file, "utf8"))
    : { config: {} };
  if (own.error) {
    const message = ts.flattenDiagnosticMessageText(own.error.messageText, "\n");
    throw new CliError(EXIT.invalid, `${path} cannot be read: ${message}`);
  }
  const { compilerOptions = {} } = (own.config ?? {}) as { compilerOptions?: Record<string, unknown> };
  const config = {
    compilerOptions: { ...COMPILER_OPTIONS, ...compilerOptions, typeRoots: undefined, types: undefined },
    files: [],
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const paths = {
    ...options.paths,
    ...installed.paths,
    ...(modules.length > 0 ? { "*": modules.map((folder) => join(folder, "node_modules", "*")) } : {}),
  };
  const typeRoots = [join(root, "node_modules", "@types"), ...installed.typeRoots];
  return { ...options, noEmit: true, skipLibCheck: true, types: ["node"], typeRoots, paths };
}

function toProblem(
  ts: Ts,
  found: TypeScript.Diagnostic,
  root: string,
  keys: readonly string[],
): TypeProblem | null {
  if (found.category !== ts.DiagnosticCategory.Error) return null;
  const message = ts.flattenDiagnosticMessageText(found.messageText, "\n");
  const code = `TS${found.code}`;
  const file = found.file ? below(root, found.file.fileName) : null;
  if (!found.file || file === null || found.start === undefined)
    return { job: null, problem: loadProblem(code, message, null) };
  const { line, character } = found.file.getLineAndCharacterOfPosition(found.start);
  const place = { file, line: line + 1, column: character + 1 };
  const frame = codeFrame(found.file.text, place.line, place.column);
  // The longest key: jobs may lie below one another's folders.
  const job = keys.filter((key) => file.startsWith(`${key}/`)).sort((a, b) => b.length - a.length)[0] ?? null;
  return { job, problem: loadProblem(code, message, null, { ...place, frame }) };
}
