// Whether a version's copy on disk is as it was written: jobs may run as the user that owns it, or as root.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sealOf } from "../sandbox/sealed.ts";
import type { FolderContent } from "./bundle-files.ts";

/** How all files and folders of a copy looked once its contents were known to be right. */
export class Seal {
  private readonly signatures: ReadonlyMap<string, string | null>;

  private constructor(paths: readonly string[]) {
    this.signatures = new Map(paths.map((path) => [path, sealOf(path)]));
  }

  /** Of a copy that holds this and nothing else; null when that is not so. */
  static async of(folder: string, content: FolderContent): Promise<Seal | null> {
    const folders = foldersOf(content);
    const paths = [...folders, ...content.keys()].map((path) => join(folder, path));
    // Looked at before it is read: what changes meanwhile breaks the seal.
    const seal = new Seal([folder, ...paths]);
    return (await holds(folder, content, folders)) ? seal : null;
  }

  /** Of one of its files, by its path. */
  of(path: string): string | undefined {
    return this.signatures.get(path) ?? undefined;
  }

  /** A name that came or went changes its folder, a content its file: a few microseconds each. */
  get holds(): boolean {
    for (const [path, signature] of this.signatures) if (sealOf(path) !== signature) return false;
    return true;
  }
}

function foldersOf(content: FolderContent): Set<string> {
  const folders = new Set<string>();
  for (const path of content.keys()) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join("/"));
  }
  return folders;
}

async function holds(folder: string, content: FolderContent, folders: ReadonlySet<string>): Promise<boolean> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    if (
      entries.length !== content.size + folders.size ||
      !entries.every((entry) => entry.isFile() || entry.isDirectory())
    )
      return false;
    for (const [path, bytes] of content) {
      if (!(await readFile(join(folder, path))).equals(Buffer.from(bytes))) return false;
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES" || isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(String((error as NodeJS.ErrnoException).code));
}
