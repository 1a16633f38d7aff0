// job.ts and everything it imports -> one bundle with its source map. The only file that runs esbuild.
import * as esbuild from "esbuild";
import { buildProblem, endedProblem } from "./build-problem.ts";
import { bundlePlugin } from "./bundle-plugin.ts";
import { LoadFailure, loadProblem, type LoadProblem } from "./load-problem.ts";
import type { Resolver } from "./resolve.ts";
import { sha256Of, type FileRead, type Snapshot } from "./snapshot.ts";
import type { TreePath } from "./tree.ts";

/** Part of every version's hash: another builder makes other bytes from the same files. */
export const BUILDER_ID = `jobmount-2 esbuild-${esbuild.version}`;
/** The name of the bundle wherever it lies on disk. */
export const BUNDLE_NAME = "job.mjs";
const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;

export type Built =
  | { ok: true; bundle: string; sourceMap: string; bundleSha256: string; code: FileRead[] }
  | { ok: false; problem: LoadProblem };

/** Builds are pure in the snapshot: same files, same bytes, wherever the folder lies. */
export class Builder {
  /** Settles when no job that ended esbuild is being tried alone. */
  private quarantine: Promise<unknown> = Promise.resolve();

  async build(snapshot: Snapshot, resolver: Resolver, entry: TreePath): Promise<Built> {
    await this.quarantine;
    let ended = await this.attempt(snapshot, resolver, entry);
    if (ended === "service ended") {
      // One job whose code is nested a million deep ends the helper process of all (measured: 1 GB of stack, and no
      // build ever works again in this process). So everyone who was hit tries once more, one after the other.
      const alone = this.quarantine.then(async () => {
        await esbuild.stop();
        return this.attempt(snapshot, resolver, entry);
      });
      this.quarantine = alone.catch(() => undefined);
      ended = await alone;
    }
    if (ended !== "service ended") return ended;
    await esbuild.stop();
    return { ok: false, problem: endedProblem(entry) };
  }

  private async attempt(
    snapshot: Snapshot,
    resolver: Resolver,
    entry: TreePath,
  ): Promise<Built | "service ended"> {
    const troubles: unknown[] = [];
    const plugin = bundlePlugin(snapshot, resolver, entry, (error) => troubles.push(error));
    try {
      const result = await esbuild.build({
        ...optionsFor(snapshot.tree.root),
        entryPoints: [entry],
        plugins: [plugin],
      });
      if (troubles.length > 0) throw troubles[0];
      return finished(snapshot, entry, result);
    } catch (error) {
      if (troubles.length > 0) throw troubles[0];
      if (error instanceof LoadFailure) return { ok: false, problem: error.problem };
      if (isBuildFailure(error)) return { ok: false, problem: buildProblem(error.errors, snapshot) };
      if (error instanceof Error && /^The service (was stopped|is no longer running)/.test(error.message)) {
        return "service ended";
      }
      throw error;
    }
  }
}

type Options = esbuild.BuildOptions & { metafile: true; write: false };

function optionsFor(root: string): Options {
  return {
    absWorkingDir: root,
    outfile: `${root}/${BUNDLE_NAME}`,
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "silent",
    platform: "node",
    format: "esm",
    target: "node20",
    charset: "utf8",
    legalComments: "none",
    sourcemap: "linked",
    sourcesContent: true,
    // Given here so that no tsconfig.json of the mount is read: its `paths` are ours to resolve, nothing else counts.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
    // Only where a module has no such name of its own, as CommonJS packages have not.
    define: { __dirname: "__jobmountDirname", __filename: "__jobmountFilename" },
  };
}

function finished(snapshot: Snapshot, entry: TreePath, result: esbuild.BuildResult<Options>): Built {
  const text = result.outputFiles.find((file) => file.path.endsWith(BUNDLE_NAME))?.text ?? "";
  const map = result.outputFiles.find((file) => file.path.endsWith(".map"))?.text ?? "";
  if (text.length > MAX_BUNDLE_BYTES) {
    const message = `the bundle has ${text.length} bytes; at most ${MAX_BUNDLE_BYTES} are allowed`;
    throw new LoadFailure(
      loadProblem("E107", message, "put data in files named in `files`", { file: entry }),
    );
  }
  const code = Object.keys(result.metafile.inputs)
    .map((path) => snapshot.files.get(path))
    .filter((file) => file !== undefined);
  const prelude = preludeFor(text);
  const bundle = prelude + text;
  // Each line of the prelude moves all positions one line down.
  const sourceMap = map.replace(
    '"mappings": "',
    `"mappings": "${";".repeat(prelude.split("\n").length - 1)}`,
  );
  return { ok: true, bundle, sourceMap, bundleSha256: sha256Of(bundle), code };
}

/**
 * What CommonJS packages expect and ES modules lack. It is put before the finished bundle, and only when it is used:
 * esbuild cannot know the names in its own `banner`, so a job with a `require` of its own would not parse.
 */
function preludeFor(text: string): string {
  let prelude = "";
  if (/\b__require\b/.test(text)) {
    prelude += 'import { createRequire as __jobmountRequire } from "node:module";\n';
    prelude += "const require = __jobmountRequire(import.meta.url);\n";
  }
  if (/\b__jobmount(Dir|File)name\b/.test(text)) {
    prelude += "const __jobmountDirname = import.meta.dirname, __jobmountFilename = import.meta.filename;\n";
  }
  return prelude;
}

function isBuildFailure(error: unknown): error is esbuild.BuildFailure {
  return (
    error instanceof Error && "errors" in error && Array.isArray(error.errors) && error.errors.length > 0
  );
}
