// Writing a version's files into a cache folder: whole or not at all, and read-only.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Content by path below the folder. */
export type FolderContent = ReadonlyMap<string, string | Uint8Array>;

/**
 * Writes a folder beside its place and renames it there, so that nobody ever sees half of it. When another one was
 * faster, or was there before, that one stays: the name says what is in it.
 */
export function writeFolderOnce(folder: string, content: FolderContent): Promise<void> {
  return writeFolder(folder, content, () => Promise.resolve());
}

/**
 * Writes a folder in the place of one whose content is not what its name says. That one goes when the new one is
 * whole: for two renames, and not for the time of writing, a child finds nothing there.
 */
export async function replaceFolder(folder: string, content: FolderContent): Promise<void> {
  const wrong = `${folder}.new-${randomBytes(4).toString("hex")}`;
  await writeFolder(folder, content, () => rename(folder, wrong).catch(() => undefined));
  await rm(wrong, { recursive: true, force: true });
}

async function writeFolder(
  folder: string,
  content: FolderContent,
  makeRoom: () => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}.new-`);
  try {
    for (const [path, bytes] of content) {
      const file = join(temporary, path);
      if (path.includes("/")) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes, { mode: 0o444 });
    }
    await chmod(temporary, 0o755);
    await makeRoom();
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
