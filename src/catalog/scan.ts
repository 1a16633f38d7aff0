// Walks a source and lists its task directories, and whatever looks like one and is not. It reads names, never content.
import { readdir, realpath } from "node:fs/promises";
import type { BigIntStats, Dirent } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import { ENTRY_NAME, MAX_KEY_DEPTH, keyProblem, neverAJob, suggestedKey } from "./key.ts";
import { loadProblem, type LoadProblem } from "./load-problem.ts";
import { nearMiss } from "./near-miss.ts";
import { identityOf, isFresh, statOrNull } from "./signature.ts";
import { below, type TreePath } from "./tree.ts";

/** Something in a source that is no job and should not be passed over in silence. */
export interface Finding {
  path: TreePath;
  problem: LoadProblem;
}

/** The root of a source as it is now. */
export type RootLook =
  { there: true; real: string; identity: string } | { there: false; exists: boolean; reason: string };

export interface Scan {
  /** Keys of the task directories. */
  tasks: Set<string>;
  findings: Finding[];
  /** Identity of every folder that was walked: a folder that was made anew has another one. */
  folders: Map<TreePath, string>;
  /** The names in every folder that was walked. */
  names: Map<TreePath, ReadonlySet<string>>;
  /** Nothing at all lies in the root, as when a volume is not mounted. */
  empty: boolean;
  /** Folders that could not be walked: what is known below them is not missing. */
  unknown: TreePath[];
}

const MAX_FOLDERS = 20_000;
const MAX_DEPTH = MAX_KEY_DEPTH + 4;

/** Follows links: the root itself may be one, and be pointed elsewhere. */
export async function lookAtRoot(path: string): Promise<RootLook> {
  const real = await realpath(path).catch((error: unknown) => codeOf(error));
  if (real === "ENOENT" || real === "ENOTDIR")
    return { there: false, exists: false, reason: `${path} does not exist` };
  const stats = await statOrNull(real);
  if (!stats) return { there: false, exists: true, reason: `${path} cannot be read (${real})` };
  if (!stats.isDirectory()) return { there: false, exists: true, reason: `${path} is not a folder` };
  return { there: true, real, identity: `${real} ${identityOf(stats)}` };
}

/** The folder that was found at this path lies there still; a link to it may have been made another way to it. */
export async function isStill(before: RootLook & { there: true }, path: string): Promise<boolean> {
  const stats = await statOrNull(path);
  return stats !== null && stats.isDirectory() && before.identity === `${before.real} ${identityOf(stats)}`;
}

/** The names of folders from one scan to the next, by real path, with the signature that they were read at. */
export type FolderNames = Map<string, { signature: string; names: Dirent[] }>;

/**
 * Walks the folder once. A folder that vanishes meanwhile is simply not there. With `known`, folders whose times are
 * unchanged are not read again; not every network mount keeps such times.
 */
export async function scanSource(root: string, known: FolderNames | null = null): Promise<Scan> {
  const scan = emptyScan();
  await new Walk(root, scan, known).folder("", root, [root], false);
  scan.findings.sort((a, b) => (a.path < b.path ? -1 : 1));
  return scan;
}

/** Nothing that anybody put there: a new volume of ext4 has a folder of its own. */
export function isEmptyRoot(names: readonly string[]): boolean {
  return names.every((name) => name.startsWith(".") || name === "lost+found");
}

export function emptyScan(): Scan {
  return { tasks: new Set(), findings: [], folders: new Map(), names: new Map(), empty: false, unknown: [] };
}

class Walk {
  constructor(
    private readonly root: string,
    private readonly scan: Scan,
    private readonly known: FolderNames | null,
  ) {}

  /** `chain` holds the real paths from the root to here; `inTask` is true below a job.ts. Answers how many jobs it found. */
  async folder(path: TreePath, real: string, chain: readonly string[], inTask: boolean): Promise<number> {
    const names = await this.names(path, real);
    if (names === null) return 0;
    if (path === "") this.scan.empty = isEmptyRoot(names.map((name) => name.name));
    const files: string[] = [];
    const folders: { path: TreePath; real: string }[] = [];
    for (const name of names) {
      const inside = path === "" ? name.name : `${path}/${name.name}`;
      const at = name.isSymbolicLink() ? await this.followed(inside, join(real, name.name), chain) : name;
      if (at === null) continue;
      if (name.name === ENTRY_NAME) files.push(name.name);
      else if (at.isDirectory()) {
        const target = "real" in at ? at.real : join(real, name.name);
        if (!neverAJob(name.name)) folders.push({ path: inside, real: target });
        else if (!name.name.startsWith(".") && name.name !== "node_modules")
          await this.remember(inside, target);
      } else if (at.isFile()) files.push(name.name);
    }
    const isTask = path !== "" && files.includes(ENTRY_NAME);
    let jobs = 0;
    if (isTask) jobs += this.task(path);
    for (const folder of folders) {
      if (chain.length > MAX_DEPTH) break;
      jobs += await this.folder(folder.path, folder.real, [...chain, folder.real], inTask || isTask);
    }
    if (!isTask) this.scan.findings.push(...nearMiss(path, files, { inTask, jobsBelow: jobs }));
    return jobs;
  }

  private task(path: TreePath): number {
    const why = keyProblem(path);
    if (why === null) {
      this.scan.tasks.add(path);
      return 1;
    }
    const better = suggestedKey(path);
    const hint = better === path ? "give it a shorter path" : `rename the folder to ${better}`;
    this.found(
      path,
      loadProblem("E101", `${path} is no job: ${why}`, hint, { file: `${path}/${ENTRY_NAME}` }),
    );
    return 1;
  }

  private async names(path: TreePath, real: string): Promise<Dirent[] | null> {
    if (this.scan.folders.size >= MAX_FOLDERS) {
      this.scan.unknown.push(path);
      if (this.scan.unknown.length > 1) return null;
      const hint = "mount the folder of the jobs alone, without data or packages in folders of their own";
      this.found(
        path,
        loadProblem("E111", `the source has more than ${MAX_FOLDERS} folders`, hint, { file: path }),
      );
      return null;
    }
    const stats = await this.remember(path, real);
    if (!stats) return null;
    try {
      const names = await this.read(real, stats);
      this.scan.names.set(path, new Set(names.map((name) => name.name)));
      return names;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      this.scan.unknown.push(path);
      const shown = path === "" ? "the source" : path;
      const hint = "give the service the right to read it";
      this.found(path, loadProblem("E112", `${shown} cannot be read (${code})`, hint, { file: path }));
      return null;
    }
  }

  /** A folder's times change with every name in it, unless two changes fall into one tick. */
  private async read(real: string, stats: BigIntStats): Promise<Dirent[]> {
    const signature = `${identityOf(stats)}:${stats.mtimeNs}:${stats.ctimeNs}`;
    const before = this.known?.get(real);
    if (before?.signature === signature) return before.names;
    const names = await readdir(real, { withFileTypes: true });
    names.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (isFresh(stats, systemClock.now())) this.known?.delete(real);
    else this.known?.set(real, { signature, names });
    return names;
  }

  /** Also folders that are never jobs: their code is bundled, so their events matter. */
  private async remember(path: TreePath, real: string): Promise<BigIntStats | null> {
    const stats = await statOrNull(real);
    if (stats) this.scan.folders.set(path, identityOf(stats));
    return stats;
  }

  /** What a link leads to; null for what is not followed. */
  private async followed(path: TreePath, link: string, chain: readonly string[]): Promise<Followed | null> {
    const place = { file: path };
    const looked = await realpath(link).catch((error: unknown) => ({ failed: codeOf(error) }));
    if (typeof looked !== "string" && looked.failed === "ELOOP") {
      const message = `${path} is a link that leads back to itself`;
      this.found(
        path,
        loadProblem("E110", message, "remove the link, or put a plain file in its place", place),
      );
      return null;
    }
    const real = typeof looked === "string" ? looked : null;
    const stats = real === null ? null : await statOrNull(real);
    if (real === null || !stats) {
      if (!path.endsWith(`/${ENTRY_NAME}`)) return null;
      const message = `${path} is a link to something that does not exist`;
      this.found(path, loadProblem("E106", message, "put a plain file in its place", place));
      return null;
    }
    if (below(this.root, real) === null) {
      // A job.ts says so itself when it is loaded.
      if (path.endsWith(`/${ENTRY_NAME}`)) return { isDirectory: () => false, isFile: () => true, real };
      const hint = "copy it into the source: what lies outside may not be read";
      this.found(path, loadProblem("E109", `${path} is a link that leads outside the source`, hint, place));
      return null;
    }
    if (stats.isDirectory() && chain.includes(real)) {
      const hint = "remove the link";
      this.found(path, loadProblem("E110", `${path} is a link to a folder that holds it`, hint, place));
      return null;
    }
    return { isDirectory: () => stats.isDirectory(), isFile: () => stats.isFile(), real };
  }

  private found(path: TreePath, problem: LoadProblem): void {
    this.scan.findings.push({ path, problem });
  }
}

interface Followed {
  isDirectory(): boolean;
  isFile(): boolean;
  real: string;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
