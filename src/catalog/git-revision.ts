// The commit that a source is at, read from its `.git` without git: for the versions' history, never for loading.
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { systemClock } from "../clock.ts";

/** Loads that begin within so many milliseconds are told the same commit: at a start there are hundreds of them. */
const SAME_MS = 200;

/** The revisions of sources, looked up once for loads that begin together. */
export class GitRevisions {
  private readonly asked = new Map<string, { at: number; revision: Promise<string | null> }>();

  of(root: string): Promise<string | null> {
    const now = systemClock.monotonic();
    const before = this.asked.get(root);
    if (before && now - before.at < SAME_MS) return before.revision;
    const revision = gitRevision(root);
    // Roots that are links are pointed to new folders for as long as the service runs.
    if (this.asked.size > 100) this.asked.clear();
    this.asked.set(root, { at: now, revision });
    return revision;
  }
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const SMALL_BYTES = 4_096;
/** A repository with more tags than fit is told without a revision. */
const PACKED_BYTES = 8 * 1024 * 1024;

/**
 * The commit of the nearest `.git` upwards from `root`; null when there is none, or nothing that can be understood.
 * Only what is a commit's hash is ever answered, whatever a `.git` of the source may point to.
 */
export async function gitRevision(root: string): Promise<string | null> {
  const gitDir = await gitFolder(root);
  if (gitDir === null) return null;
  const head = await text(join(gitDir, "HEAD"), SMALL_BYTES);
  if (head === null) return null;
  if (COMMIT.test(head)) return head;
  const ref = /^ref: (refs\/[^\0\s]+)$/.exec(head)?.[1];
  if (ref === undefined || ref.split("/").includes("..")) return null;
  return (await refIn(gitDir, ref)) ?? refIn(await commonFolder(gitDir), ref);
}

/** A worktree's `.git` is a file that names its folder. */
async function gitFolder(root: string): Promise<string | null> {
  for (let folder = root; ; folder = dirname(folder)) {
    const path = join(folder, ".git");
    if ((await text(join(path, "HEAD"), SMALL_BYTES)) !== null) return path;
    const named = /^gitdir: (.+)$/.exec((await text(path, SMALL_BYTES)) ?? "")?.[1];
    if (named !== undefined) return isAbsolute(named) ? named : resolve(folder, named);
    if (dirname(folder) === folder) return null;
  }
}

/** Branches of a worktree lie in the folder of the repository. */
async function commonFolder(gitDir: string): Promise<string> {
  const named = await text(join(gitDir, "commondir"), SMALL_BYTES);
  return named === null ? gitDir : resolve(gitDir, named);
}

async function refIn(gitDir: string, ref: string): Promise<string | null> {
  const loose = await text(join(gitDir, ref), SMALL_BYTES);
  if (loose !== null) return COMMIT.test(loose) ? loose : null;
  const packed = await text(join(gitDir, "packed-refs"), PACKED_BYTES);
  const line = packed?.split("\n").find((one) => one.endsWith(` ${ref}`));
  const hash = line?.slice(0, line.indexOf(" "));
  return hash !== undefined && COMMIT.test(hash) ? hash : null;
}

/** A plain file's text without blanks at its ends; null for anything else. Never waits for a writer of a FIFO. */
async function text(path: string, maxBytes: number): Promise<string | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (!handle) return null;
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > maxBytes) return null;
    return (await handle.readFile("utf8")).trim();
  } catch {
    return null;
  } finally {
    await handle.close().catch(() => undefined);
  }
}
