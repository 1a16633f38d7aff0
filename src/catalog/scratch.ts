// The folder for what is in the making: old things in it are what a killed process left behind.
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../clock.ts";

const OLD_MS = 3_600_000;

/** Another process may be at work in the same folder, so only what is an hour old goes. */
export async function clearScratch(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => null);
    if (stats && systemClock.now() - stats.mtimeMs > OLD_MS) await rm(path, { recursive: true, force: true });
  }
}
