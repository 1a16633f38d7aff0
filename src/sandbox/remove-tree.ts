// Removes what jobs left on the disk, whatever rights they gave it.
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";

/** Never rejects: answers why something of it is still there, null when nothing is. */
export async function removeTree(path: string): Promise<string | null> {
  const first = await tryToRemove(path);
  if (first === null) return null;
  // A folder that may not be written keeps what is in it: a job that unpacked an archive as it was leaves such folders.
  await open(path);
  return tryToRemove(path);
}

async function tryToRemove(path: string): Promise<string | null> {
  try {
    await rm(path, { recursive: true, force: true });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** What cannot be opened is told by the removal that follows. Links are not followed: a link is no folder. */
async function open(folder: string): Promise<void> {
  const waiting = [folder];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const inside = one;
    await chmod(inside, 0o700).catch(() => undefined);
    const entries = await readdir(inside, { withFileTypes: true }).catch(() => []);
    waiting.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(inside, name)));
  }
}
