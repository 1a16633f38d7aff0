// Module hooks for tests of jobs, run by `jobmount test` in Node's own test runner: imports mean what they mean to a job.
import { readFile } from "node:fs/promises";
import { existsSync, statSync } from "node:fs";
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform, type Loader } from "esbuild";
import { aliasTargets, type PathAlias } from "./mount-paths.ts";

/** Handed over by whoever registers the hooks. */
export interface TestHookData {
  /** Real path of the folder of jobs. */
  root: string;
  /** `paths` of its tsconfig.json. */
  aliases: readonly PathAlias[];
  /** Folders whose `node_modules` hold packages, after those of the source itself: dependency cache, service. */
  packageFolders: readonly string[];
}

const OURS: Readonly<Record<string, string>> = {
  jobmount: "../sdk/index.js",
  "jobmount/testing": "../sdk/testing.js",
};
const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".json": "json",
  ".txt": "text",
};
const ENDINGS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".json", "/index.ts", "/index.js"];

let data: TestHookData = { root: "/nonexistent", aliases: [], packageFolders: [] };

export const initialize: InitializeHook<TestHookData> = (given) => {
  data = given;
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  const ours = OURS[specifier];
  if (ours !== undefined) return { url: new URL(ours, import.meta.url).href, shortCircuit: true };
  if (/^\.{1,2}\//.test(specifier) && context.parentURL?.startsWith("file:")) {
    const found = fileAt(fileURLToPath(new URL(specifier, context.parentURL)));
    if (found !== null) return { url: pathToFileURL(found).href, shortCircuit: true };
  }
  for (const target of aliasTargets(data.aliases, specifier)) {
    const found = fileAt(join(data.root, target));
    if (found !== null) return { url: pathToFileURL(found).href, shortCircuit: true };
  }
  try {
    return await next(specifier, context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    for (const folder of data.packageFolders) {
      const from = { ...context, parentURL: pathToFileURL(join(folder, "package.json")).href };
      const found = await Promise.resolve(next(specifier, from)).catch(() => null);
      if (found) return found;
    }
    throw error;
  }
};

export const load: LoadHook = async (url, context, next) => {
  const loader = url.startsWith("file:") ? LOADERS[/\.[a-z]+$/.exec(url)?.[0] ?? ""] : undefined;
  if (loader === undefined || url.includes("/node_modules/")) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, "utf8"), {
    loader,
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    sourcefile: path,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
  });
  return { format: "module", source: code, shortCircuit: true };
};

/** The file that is meant: as it is, with an ending, or the `.ts` that was written as `.js`. */
function fileAt(path: string): string | null {
  const written = path.replace(/\.([mc]?)js$/, ".$1ts");
  const candidates = [...ENDINGS.map((ending) => path + ending), written];
  return candidates.find((one) => existsSync(one) && statSync(one).isFile()) ?? null;
}
