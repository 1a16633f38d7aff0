// What an import of a job means: a file of the source, a package that is bundled, or something the child brings.
import { isBuiltin } from "node:module";
import { LoadFailure, loadProblem } from "./load-problem.ts";
import { aliasTargets, readMountPaths, type MountPaths } from "./mount-paths.ts";
import { packageFacts, type PackageFacts } from "./native-code.ts";
import { offeredVersion } from "./offered.ts";
import type { Snapshot } from "./snapshot.ts";
import { DEPS_PREFIX, folderOf, joinPath, type TreePath } from "./tree.ts";
import type { NeededPackage } from "./version.ts";

export interface ImportRequest {
  /** As written: `./helper`, `dayjs/plugin/utc`. */
  request: string;
  importer: TreePath;
  /** `require` and `import()` of a package may be in vain: many packages try whether another one is there. */
  mayFail: boolean;
}

export type Resolution =
  | { kind: "file"; path: TreePath }
  /** A package to bundle: which of its files is meant, esbuild finds from this folder on. */
  | { kind: "package"; from: TreePath }
  /** A package that stays whole and is found by the child at run time. */
  | { kind: "outside"; need: NeededPackage }
  | { kind: "sdk" }
  | { kind: "builtin" }
  /** A package that only may be there, and is not: asking for it throws at run time. */
  | { kind: "absent" }
  /** Inside one package: esbuild knows its own rules for that best. */
  | { kind: "native" };

const CODE_ENDINGS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];
/** TypeScript's way to name a file by what it will be: `./a.js` for a.ts. */
const WRITTEN_AS: Record<string, string[]> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** Resolves the imports of one load; whatever it looks at becomes an input of the snapshot. */
export class Resolver {
  readonly needs = new Map<string, NeededPackage>();
  private readonly facts = new Map<TreePath, Promise<PackageFacts>>();
  private paths: Promise<MountPaths> | null = null;

  constructor(
    private readonly snapshot: Snapshot,
    private readonly taskFolder: TreePath,
    /** The command that a missing package's error shows instead of our own. */
    private readonly depsHint: string | null,
    /** Whether there is a folder for installed packages outside the source. */
    private readonly hasCache = false,
  ) {}

  async resolve(asked: ImportRequest): Promise<Resolution> {
    const { request, importer } = asked;
    if (request === "jobmount") return { kind: "sdk" };
    if (request.startsWith("jobmount/")) throw unknownModule(request);
    if (isBuiltin(request)) return { kind: "builtin" };
    const inPackage = isInPackage(importer);
    if (/^\.{1,2}(\/|$)/.test(request)) {
      return inPackage ? { kind: "native" } : { kind: "file", path: await this.relative(request, importer) };
    }
    if (request.startsWith("#")) return { kind: "native" };
    if (request.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(request)) throw unsupported(request);
    if (!inPackage) {
      const path = await this.aliased(request);
      if (path !== null) return { kind: "file", path };
    }
    return this.package(asked, inPackage);
  }

  private async relative(request: string, importer: TreePath): Promise<TreePath> {
    const path = joinPath(folderOf(importer), request);
    if (path === null) throw outside(request);
    const found = await this.file(path);
    if (found !== null) return found;
    throw new LoadFailure(
      loadProblem(
        "resolve",
        `${request} does not exist`,
        `there is no ${path}, with or without .ts, .js or .json`,
      ),
    );
  }

  private async aliased(request: string): Promise<TreePath | null> {
    this.paths ??= readMountPaths(this.snapshot);
    for (const target of aliasTargets((await this.paths).aliases, request)) {
      const found = await this.file(target);
      if (found !== null) return found;
    }
    return null;
  }

  /** A file by its name, without its ending, by what it compiles to, or the index of a folder. */
  private async file(path: TreePath): Promise<TreePath | null> {
    if ((await this.snapshot.kind(path)) === "file") return path;
    const ending = /\.[cm]?jsx?$/.exec(path)?.[0] ?? "";
    const bare = path.slice(0, path.length - ending.length);
    const candidates = [
      ...(WRITTEN_AS[ending] ?? []).map((written) => bare + written),
      ...CODE_ENDINGS.map((code) => path + code),
    ];
    for (const candidate of candidates)
      if ((await this.snapshot.kind(candidate)) === "file") return candidate;
    if ((await this.snapshot.kind(path)) !== "folder") return null;
    for (const code of CODE_ENDINGS) {
      const index = path === "" ? `index${code}` : `${path}/index${code}`;
      if ((await this.snapshot.kind(index)) === "file") return index;
    }
    return null;
  }

  private async package(asked: ImportRequest, inPackage: boolean): Promise<Resolution> {
    const name = packageName(asked.request);
    if (name === null) throw unsupported(asked.request);
    const from = await this.folderWith(name, folderOf(asked.importer));
    if (from === null) {
      const version = offeredVersion(name);
      if (version !== null) return this.outside({ name, version, from: "service" });
      if (inPackage && asked.mayFail) return { kind: "absent" };
      throw await this.notInstalled(name, asked.importer);
    }
    const facts = await this.factsOf(modulesIn(from, name), name);
    if (facts.native === null) return { kind: "package", from };
    if (facts.otherPlatform !== null) throw otherPlatform(facts);
    return this.outside({
      name,
      version: facts.version,
      from: from.startsWith(DEPS_PREFIX) ? "cache" : "task",
    });
  }

  /** The nearest folder upwards whose `node_modules` holds the package; the dependency folder comes last. */
  private async folderWith(name: string, start: TreePath): Promise<TreePath | null> {
    let folder = start;
    for (;;) {
      // `a/node_modules/node_modules` is no place to look.
      if (!/(^|[/:])node_modules$/.test(folder) && (await this.isPackage(folder, name))) return folder;
      const up = folderOf(folder);
      if (up === folder) break;
      folder = up;
    }
    const deps = !start.startsWith(DEPS_PREFIX) && this.snapshot.tree.deps !== null;
    return deps && (await this.isPackage(DEPS_PREFIX, name)) ? DEPS_PREFIX : null;
  }

  private async isPackage(folder: TreePath, name: string): Promise<boolean> {
    return (await this.snapshot.kind(modulesIn(folder, name))) === "folder";
  }

  private factsOf(folder: TreePath, name: string): Promise<PackageFacts> {
    let facts = this.facts.get(folder);
    if (!facts) {
      facts = packageFacts(this.snapshot, folder, name);
      this.facts.set(folder, facts);
    }
    return facts;
  }

  private outside(need: NeededPackage): Resolution {
    this.needs.set(`${need.from}:${need.name}`, need);
    return { kind: "outside", need };
  }

  /** What is declared only has to be installed, where there is a cache into that: a mount may be read-only. */
  private async installHint(name: string): Promise<string> {
    const inFolder = `in the folder ${this.taskFolder}`;
    for (let folder = this.taskFolder; ; folder = folderOf(folder)) {
      const manifest = await this.snapshot.read(folder === "" ? "package.json" : `${folder}/package.json`);
      if (manifest !== null) {
        if (!manifest.bytes.toString("utf8").includes(`"${name}"`))
          return `run \`npm install ${name}\` ${inFolder}`;
        const here = `run \`npm install\` ${inFolder}`;
        return this.hasCache
          ? `run \`npx jobmount deps install\` where the service runs, or ${here.slice(4)}`
          : here;
      }
      // Without a package.json npm climbs on, and would install into whatever project lies around the source.
      if (folder === "") return `run \`npm init -y && npm install ${name}\` ${inFolder}`;
    }
  }

  private async notInstalled(name: string, importer: TreePath): Promise<LoadFailure> {
    const hint = this.depsHint ?? (await this.installHint(name));
    const broken = (await (this.paths ?? readMountPaths(this.snapshot))).broken;
    const by = isInPackage(importer) ? ` (${importer} needs it)` : "";
    const message = `the package "${name}" is not installed${by}${broken === null ? "" : `; ${broken}`}`;
    return new LoadFailure(loadProblem("E120", message, hint));
  }
}

export function isInPackage(path: TreePath): boolean {
  return path.startsWith(DEPS_PREFIX) || /(^|\/)node_modules\//.test(path);
}

/** `@scope/name/sub` is of `@scope/name`; null for what no package can be called. */
function packageName(request: string): string | null {
  return /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~_-][\w.~-]*(?=\/|$)/i.exec(request)?.[0] ?? null;
}

function modulesIn(folder: TreePath, name: string): TreePath {
  return folder === "" || folder === DEPS_PREFIX
    ? `${folder}node_modules/${name}`
    : `${folder}/node_modules/${name}`;
}

function unknownModule(request: string): LoadFailure {
  const hint =
    request === "jobmount/testing"
      ? "import jobmount/testing in a test beside job.ts only"
      : 'write import { defineJob } from "jobmount"';
  return new LoadFailure(loadProblem("E122", `there is no ${request} to import in a job`, hint));
}

function outside(request: string): LoadFailure {
  const hint = "copy the file into the source, for instance into a folder _lib in its root";
  return new LoadFailure(loadProblem("E121", `${request} leads outside the source`, hint));
}

function unsupported(request: string): LoadFailure {
  if (request.startsWith("/") || request.startsWith("file:")) return outside(request);
  const hint = "import a file of the source, an installed package or a module of Node";
  return new LoadFailure(loadProblem("E123", `${request} cannot be imported by a job`, hint));
}

function otherPlatform(facts: PackageFacts): LoadFailure {
  const here = `${process.platform}-${process.arch}`;
  const message = `"${facts.name}" was installed for another platform: found ${facts.otherPlatform}, needed is ${here}`;
  return new LoadFailure(
    loadProblem("E124", message, `install it again on ${here}, or for it (npm install --os --cpu)`),
  );
}
