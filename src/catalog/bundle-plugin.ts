// The bridge between esbuild and our own rules: what imports mean, and that every byte comes from the snapshot.
import type {
  OnLoadArgs,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PartialMessage,
  Plugin,
} from "esbuild";
import type { Loader, PluginBuild } from "esbuild";
import { encodingProblem } from "./encoding.ts";
import { LoadFailure, loadProblem } from "./load-problem.ts";
import { tooDeep } from "./nesting.ts";
import { isInPackage, type Resolver } from "./resolve.ts";
import type { Snapshot } from "./snapshot.ts";
import { absoluteOf, DEPS_PREFIX, folderOf, treePathOf, type TreePath } from "./tree.ts";

/** What `jobmount` exports at run time; types are gone by then. */
export const SDK_EXPORTS = ["defineJob", "PermanentError", "RetryLater"] as const;

const SDK = "jobmount-sdk";
const OUTSIDE = "jobmount-outside";
const ABSENT = "jobmount-absent";
const DEPS = "deps";
const OURS = new Set([SDK, OUTSIDE, ABSENT]);
/** Marks requests that we ourselves hand on to esbuild's own search. */
const OWN_SEARCH = "own search";

const LOADERS: Record<string, Loader> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
  ".json": "json",
  ".txt": "text",
};

/** The plugin for one load. `onTrouble` gets what is neither a problem of the job nor of esbuild (a moved tree). */
export function bundlePlugin(
  snapshot: Snapshot,
  resolver: Resolver,
  entry: TreePath,
  onTrouble: (error: unknown) => void,
): Plugin {
  const tree = snapshot.tree;

  /** Source files keep their name behind links, so that a swapped link changes no byte of the bundle. */
  const asFile = (path: TreePath): OnResolveResult =>
    path.startsWith(DEPS_PREFIX)
      ? { namespace: DEPS, path: path.slice(DEPS_PREFIX.length) }
      : { namespace: "file", path: absoluteOf(tree, path) };

  const ownSearch = async (
    build: PluginBuild,
    args: OnResolveArgs,
    from: TreePath,
  ): Promise<OnResolveResult> => {
    const found = await build.resolve(args.path, {
      kind: args.kind,
      importer: args.importer,
      namespace: "file",
      resolveDir: absoluteOf(tree, from),
      pluginData: OWN_SEARCH,
      with: args.with,
    });
    if (found.errors.length > 0) return { errors: found.errors, warnings: found.warnings };
    if (found.external || found.namespace !== "file") return { path: found.path, external: found.external };
    const path = treePathOf(tree, found.path);
    if (path === null) throw leadsOutside(args.path);
    return { ...asFile(path), sideEffects: found.sideEffects };
  };

  const resolve = async (build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> => {
    if (args.kind === "entry-point") return asFile(entry);
    if (args.pluginData === OWN_SEARCH || OURS.has(args.namespace)) return undefined;
    const importer = importerOf(snapshot, args);
    const mayFail = args.kind !== "import-statement";
    const meaning = await resolver.resolve({ request: args.path, importer, mayFail });
    switch (meaning.kind) {
      case "file":
        return asFile(meaning.path);
      case "package":
        return ownSearch(build, args, meaning.from);
      case "native":
        return args.namespace === DEPS ? ownSearch(build, args, folderOf(importer)) : undefined;
      case "sdk":
        return { namespace: SDK, path: "jobmount" };
      case "outside":
        return args.kind === "require-resolve"
          ? { path: args.path, external: true }
          : { namespace: OUTSIDE, path: args.path };
      case "absent":
        return { namespace: ABSENT, path: args.path };
      case "builtin":
        return { path: args.path, external: true };
    }
  };

  const load = async (args: OnLoadArgs): Promise<OnLoadResult> => {
    const path = args.namespace === DEPS ? DEPS_PREFIX + args.path : treePathOf(tree, args.path);
    if (path === null) throw leadsOutside(args.path.split("/").at(-1) ?? "a file");
    const file = await snapshot.read(path);
    if (!file) throw new LoadFailure(loadProblem("resolve", `${path} does not exist`, null));
    const loader = LOADERS[/\.[a-z]+$/.exec(path)?.[0] ?? ""];
    if (!loader) throw notCode(path);
    refuseUnreadable(path, file.bytes);
    return {
      contents: isHalfWritten(path, file.bytes) ? "export {};" : file.bytes,
      loader,
      resolveDir: absoluteOf(tree, folderOf(path)),
    };
  };

  /** Problems become esbuild's messages, which adds the place of the import. */
  const guarded = async <T>(work: () => Promise<T>): Promise<T | { errors: PartialMessage[] }> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LoadFailure)) onTrouble(error);
      const text = error instanceof Error ? error.message : "the tree could not be read";
      return { errors: [{ text, detail: error instanceof LoadFailure ? error.problem : undefined }] };
    }
  };

  return {
    name: "jobmount",
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => guarded(() => resolve(build, args)));
      build.onLoad({ filter: /.*/, namespace: "file" }, (args) => guarded(() => load(args)));
      build.onLoad({ filter: /.*/, namespace: DEPS }, (args) => guarded(() => load(args)));
      build.onLoad({ filter: /.*/, namespace: SDK }, () => ({ contents: SDK_MODULE, loader: "js" }));
      build.onLoad({ filter: /.*/, namespace: OUTSIDE }, (args) => ({
        contents: `module.exports = globalThis[Symbol.for("jobmount.require")](${JSON.stringify(args.path)});`,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/, namespace: ABSENT }, (args) => ({
        contents: `module.exports = {}; throw Object.assign(new Error(${JSON.stringify(
          `Cannot find package '${args.path}'`,
        )}), { code: "MODULE_NOT_FOUND" });`,
        loader: "js",
      }));
    },
  };
}

/** The child publishes the SDK before it imports a bundle, so that no path of the service is in one. */
const SDK_MODULE = [
  'const sdk = globalThis[Symbol.for("jobmount.sdk")];',
  'if (!sdk) throw new Error("this bundle is made to be run by Jobmount");',
  `export const { ${SDK_EXPORTS.join(", ")} } = sdk;`,
].join("\n");

function importerOf(snapshot: Snapshot, args: OnResolveArgs): TreePath {
  if (args.namespace === DEPS) return DEPS_PREFIX + args.importer;
  const importer = treePathOf(snapshot.tree, args.importer);
  if (importer === null) throw leadsOutside(args.path);
  return importer;
}

function refuseUnreadable(path: TreePath, bytes: Buffer): void {
  const problem = encodingProblem(path, bytes);
  if (problem !== null) throw new LoadFailure(problem);
  const at = { file: path, line: 1, column: 1 };
  const depth = tooDeep(bytes);
  if (depth !== null) {
    const hint = "flatten the code, or put data into a file of its own, named in `files`";
    throw new LoadFailure(loadProblem("syntax", `${path} has brackets nested ${depth} deep`, hint, at));
  }
}

/**
 * Whoever saves a file in place empties it first. To the bundler an empty file is CommonJS, of which every name is
 * `undefined`, so such a moment would load as a good version; as an ES module it has no such export, which is an error.
 */
function isHalfWritten(path: TreePath, bytes: Buffer): boolean {
  return bytes.length === 0 && /\.m?[jt]sx?$/.test(path) && !isInPackage(path);
}

function leadsOutside(what: string): LoadFailure {
  const hint = "copy the file into the source: what lies outside it may not be read";
  return new LoadFailure(loadProblem("E121", `${what} leads outside the source`, hint));
}

function notCode(path: TreePath): LoadFailure {
  const name = path.split("/").at(-1) ?? path;
  const hint = name.endsWith(".node")
    ? "put the add-on into a package of its own and install that"
    : `name it in \`files\` and read it from this.file("${name}")`;
  return new LoadFailure(
    loadProblem("E123", `${name} cannot be imported: only code, .json and .txt can be`, hint),
  );
}
