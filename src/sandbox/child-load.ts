// How the child comes by a job's code: its bundle, the packages that are not in it, and what lies beside it.
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AttemptContext, JobEvent } from "../sdk/context.ts";
import { PermanentError } from "../sdk/errors.ts";
import type { AttemptOrder } from "./protocol.ts";
import { importSealed } from "./sealed.ts";

export type BundleOrder = Pick<AttemptOrder, "bundlePath" | "resolveFrom" | "bundleSeal">;

/** Rejects with what its top level throws, or with ChangedBundle when it is not the one that was checked. */
export function importBundle(order: BundleOrder): Promise<{ Job?: unknown }> {
  installRequire(order.resolveFrom);
  process.setSourceMapsEnabled(true);
  return importSealed(order.bundlePath, order.bundleSeal);
}

/** For packages that the bundle does not contain: looked up from each folder in turn. */
function installRequire(folders: readonly string[]): void {
  const requires = folders.map((folder) => createRequire(join(folder, "/")));
  const find = (request: string): unknown => {
    let last: unknown = new Error(`the package ${request} is not installed here`);
    for (const require of requires) {
      try {
        return require(request);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
        last = error;
      }
    }
    throw last;
  };
  Object.defineProperty(globalThis, Symbol.for("jobmount.require"), { value: find, configurable: true });
}

/** What the job object gets; `emit` hears what the job tells. */
export function contextOf(
  order: AttemptOrder,
  signal: AbortSignal,
  emit: (event: JobEvent) => void,
): AttemptContext {
  return {
    params: order.params,
    signal,
    run: order.run,
    get tempDir() {
      mkdirSync(order.tempDir, { recursive: true, mode: 0o700 });
      return order.tempDir;
    },
    get dataDir() {
      mkdirSync(order.dataDir, { recursive: true });
      return order.dataDir;
    },
    filePath: (name) => filePath(order, name),
    state: new Map(order.state),
    secretForms: order.secretForms,
    emit,
  };
}

function filePath(order: AttemptOrder, name: string): string {
  const path = join(order.filesDir, name);
  if (!path.startsWith(join(order.filesDir, "/")))
    throw new PermanentError(`"${name}" is not a file of the task directory`);
  if (!existsSync(path))
    throw new PermanentError(
      `this version has no file "${name}": the patterns in \`files\` of defineJob have to match it`,
    );
  return path;
}
