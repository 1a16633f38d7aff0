// Writing a version's files into a cache folder: whole or not at all, and read-only.
import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Content by path below the folder. */
export type FolderContent = ReadonlyMap<string, string | Uint8Array>;

/**
 * Writes a folder beside its place and renames it there, so that nobody ever sees half of it. When another one was
 * faster, or was there before, that one stays: the name says what is in it.
 */
export async function writeFolderOnce(folder: string, content: FolderContent): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}.new-`);
  try {
    for (const [path, bytes] of content) {
      const file = join(temporary, path);
      if (path.includes("/")) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes, { mode: 0o444 });
    }
    await chmod(temporary, 0o755);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await isFolder(folder))) throw error;
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
