// Puts a package of this repository with everything it needs into a task directory's own node_modules.
import { existsSync, readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/**
 * Copies, as an install would leave it: the package, its dependencies, and those optional ones that are installed here
 * (prebuilt binaries of this platform among them). Answers the names of all that lie in `node_modules` now because of it.
 */
export async function copyPackage(name: string, taskDirectory: string): Promise<string[]> {
  const copied = new Map<string, string>();
  const seen = new Set<string>();
  const target = join(taskDirectory, "node_modules");
  const copy = async (wanted: string, from: string, optional: boolean): Promise<void> => {
    const folder = find(wanted, from);
    if (!folder) {
      if (optional) return;
      throw new Error(`the package ${wanted} is not installed: npm ci, then try again`);
    }
    if (seen.has(folder)) return;
    seen.add(folder);
    // One that lies nested in another package came along with it.
    if (![...copied.values()].some((other) => folder.startsWith(other + sep))) {
      copied.set(wanted, folder);
      await cp(folder, join(target, wanted), { recursive: true, dereference: true });
    }
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
    for (const needed of Object.keys(manifest.dependencies ?? {})) await copy(needed, folder, false);
    for (const needed of Object.keys(manifest.optionalDependencies ?? {})) await copy(needed, folder, true);
  };
  await copy(name, REPOSITORY, false);
  return [...copied.keys()].sort();
}

/** The folder that Node would take the package from, seen from `from`. */
function find(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}
