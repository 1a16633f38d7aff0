// A bundle runs as it was checked, or not at all: between reading its code and running it, its file is looked at again.
import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";

// Taken before any job runs: a job may replace these for itself, not for us.
const look = statSync;
const ownUid = process.getuid?.();

/** Its file is no longer the one that was checked; nothing of it ran. */
export class ChangedBundle extends Error {
  override readonly name = "ChangedBundle";
}

/**
 * Equal seals mean equal content: every write, rename or change of a time moves the time of change, which nobody can set.
 * Null when there is no such file. A few microseconds.
 */
export function sealOf(path: string): string | null {
  const stats = look(path, { bigint: true, throwIfNoEntry: false });
  if (!stats) return null;
  return `${stats.dev}:${stats.ino}:${stats.mode}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

let imports = 0;

/**
 * Imports a bundle whose content was found right when its file bore this seal. All modules of an import are read before
 * the first of them runs, in the order in which they are named: so ours, which looks at the file again, comes between.
 * Rejects with ChangedBundle.
 */
export async function importSealed(path: string, seal: string | undefined): Promise<object> {
  const { href } = pathToFileURL(path);
  if (seal === undefined || !mayWrite(path)) return import(href) as Promise<object>;
  const check = `jobmount.check.${++imports}`;
  const symbol = Symbol.for(check);
  const value = () => {
    if (sealOf(path) !== seal)
      throw new ChangedBundle(
        "its copy on disk was written over after it had been checked; nothing of it ran",
      );
  };
  Object.defineProperty(globalThis, symbol, { configurable: true, value });
  try {
    const first = moduleOf(`globalThis[Symbol.for(${JSON.stringify(check)})]()`);
    const both = `import ${JSON.stringify(first)};export * from ${JSON.stringify(href)}`;
    return (await import(moduleOf(both))) as object;
  } finally {
    delete (globalThis as Record<symbol, unknown>)[symbol];
  }
}

/** Whom the file belongs to may write it, whatever its mode says; jobs that run as a user of their own may not. */
function mayWrite(path: string): boolean {
  return ownUid === undefined || ownUid === 0 || look(path, { throwIfNoEntry: false })?.uid === ownUid;
}

function moduleOf(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
