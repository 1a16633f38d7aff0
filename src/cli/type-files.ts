// The types that an editor needs for a folder of jobs: those of jobmount, of Node, and of the packages on offer.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { OFFERED_PACKAGES, offeredFolder } from "../catalog/offered.ts";
import { CliError, EXIT } from "./exit.ts";

/** Where the built types of the sdk lie, also for whoever runs the sources. */
const SDK = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../dist/src/sdk/" : "../sdk/", import.meta.url),
);
/** What jobs and their tests import by these names. */
const ENTRIES: Readonly<Record<string, string>> = { jobmount: "index", "jobmount/testing": "testing" };
/** Types of Node, which jobs use whatever they do. */
const NODE_TYPES = ["@types/node", "undici-types"] as const;
/** Where a subpath of a package has its types: `libsql/promise` is types/promise.d.ts. */
const SUBPATHS: Readonly<Record<string, string>> = { mysql2: "*", libsql: "types/*" };

export interface TypeFiles {
  /** Path inside the folder of types, and content. */
  files: Map<string, string>;
  /** For `paths` of a tsconfig.json: what is imported, and the file inside the folder of types, without its ending. */
  paths: Map<string, string>;
  /** Packages whose types are not installed beside Jobmount. */
  missing: string[];
}

/** Reads them all; about 150 files, 3 MB, nearly all of it Node's own. */
export async function typeFiles(): Promise<TypeFiles> {
  const found: TypeFiles = { files: new Map(), paths: new Map(), missing: [] };
  for (const [name, file] of Object.entries(ENTRIES)) {
    await addSdk(`sdk/${file}.d.ts`, found.files);
    found.paths.set(name, `jobmount/sdk/${file}`);
  }
  for (const name of [...NODE_TYPES, ...OFFERED_PACKAGES]) await addPackage(name, found);
  return found;
}

/** The paths of the same types where they are installed, for a check that writes nothing. */
export async function installedTypes(): Promise<{ paths: Record<string, string[]>; typeRoots: string[] }> {
  const paths: Record<string, string[]> = {};
  for (const [name, file] of Object.entries(ENTRIES)) paths[name] = [join(SDK, `${file}.d.ts`)];
  const modules = join(offeredFolder(), "node_modules");
  for (const name of OFFERED_PACKAGES) {
    const main = await mainTypes(join(modules, name));
    if (main !== null) paths[name] = [join(modules, name, main)];
    const subpath = SUBPATHS[name];
    if (subpath !== undefined) paths[`${name}/*`] = [join(modules, name, subpath)];
  }
  return { paths, typeRoots: [join(modules, "@types")] };
}

/** One file of ours and all that it imports. Their names end in .ts where they were written, and in .js for readers. */
async function addSdk(path: string, files: Map<string, string>): Promise<void> {
  if (files.has(`jobmount/${path}`)) return;
  const text = await readFile(join(SDK, "..", path), "utf8").catch(() => null);
  if (text === null) {
    throw new CliError(
      EXIT.internal,
      `The types of jobmount are not built (${path}); run npm run build first.`,
    );
  }
  files.set(`jobmount/${path}`, text.replace(/(from "\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  for (const [, imported] of text.matchAll(/from "(\.{1,2}\/[^"]+)\.ts"/g)) {
    await addSdk(posix.join(posix.dirname(path), `${imported}.d.ts`), files);
  }
}

async function addPackage(name: string, { files, paths, missing }: TypeFiles): Promise<void> {
  const folder = join(offeredFolder(), "node_modules", name);
  const main = await mainTypes(folder);
  if (main === null) {
    missing.push(name);
    return;
  }
  const to = `packages/${name}`;
  for (const path of await declarations(folder)) {
    const inside = relative(folder, path).replaceAll("\\", "/");
    files.set(`${to}/${inside}`, await readFile(path, "utf8"));
  }
  if (name.startsWith("@types/")) return;
  paths.set(name, `${to}/${main.replace(/\.d\.ts$/, "")}`);
  const subpath = SUBPATHS[name];
  if (subpath !== undefined) paths.set(`${name}/*`, `${to}/${subpath}`);
}

/** `types` of the package, with its ending; null when the package or the file is not there. */
async function mainTypes(folder: string): Promise<string | null> {
  const manifest = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
  if (manifest === null) return null;
  const { types, typings } = JSON.parse(manifest) as { types?: string; typings?: string };
  const main = (types ?? typings ?? "index").replace(/^\.\//, "").replace(/(\.d)?\.ts$/, "");
  return existsSync(join(folder, `${main}.d.ts`)) ? `${main}.d.ts` : null;
}

async function declarations(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((name) => name.isFile() && (name.name.endsWith(".d.ts") || name.name === "package.json"))
    .map((name) => join(name.parentPath, name.name))
    .filter((path) => !relative(folder, dirname(path)).split(/[\\/]/).includes("node_modules"))
    .sort();
}
