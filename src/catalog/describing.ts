// What a bundle declares: puts it on disk for a child to import, and tells what came of that. Few at a time.
import { chmod, mkdtemp, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobSpec } from "../sdk/spec.ts";
import { BUNDLE_NAME, type Built } from "./build.ts";
import { descriptionProblem } from "./description-problem.ts";
import type { DescribeLimits, Describer } from "./describe.ts";
import { LoadFailure } from "./load-problem.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TreePath } from "./tree.ts";
import { Turns } from "./turns.ts";

export interface DescribingOptions {
  describer: Describer;
  limits: DescribeLimits;
  /** Bundles lie here while they are described. */
  scratchDir: string;
}

/** Whose bundle it is, and what an error of it is shown with. */
export interface Described {
  source: string;
  entry: TreePath;
  snapshot: Snapshot;
  resolveFrom: string[];
}

/** User code is imported by so many children at once, however many loads go on beside that. */
const AT_ONCE = 2;
/** Few descriptions take so long. */
const LONG_MS = 500;
/** So many more while some take long: what never comes to its end holds up nobody else. */
const LONG_AT_ONCE = 4;

export class Describing {
  private readonly turns = new Turns(AT_ONCE, LONG_MS, LONG_AT_ONCE);

  constructor(private readonly options: DescribingOptions) {}

  /** Throws LoadFailure for what the job did, and the reason of `stop`. */
  spec(built: Extract<Built, { ok: true }>, of: Described, stop?: AbortSignal): Promise<JobSpec> {
    return this.turns.run(() => this.describe(built, of, stop));
  }

  private async describe(
    built: Extract<Built, { ok: true }>,
    { source, entry, snapshot, resolveFrom }: Described,
    stop?: AbortSignal,
  ): Promise<JobSpec> {
    // It may have waited long for its turn.
    stop?.throwIfAborted();
    const { describer, limits, scratchDir } = this.options;
    const folder = await mkdtemp(join(scratchDir, "describe-"));
    try {
      // The child may run as another user, who has to reach it.
      await chmod(folder, 0o755);
      const bundlePath = join(folder, BUNDLE_NAME);
      // Without its map, which the child would read each time and is needed here, after an error.
      await writeFile(bundlePath, built.bundle);
      const description = await describer.describe({ source, bundlePath, resolveFrom }, limits, stop);
      if (description.outcome === "described") return description.spec;
      const place = { snapshot, entry, sourceMap: built.sourceMap, bundleFolder: folder };
      throw new LoadFailure(descriptionProblem(description, place));
    } finally {
      void removeBundle(folder);
    }
  }
}

/** By name, which costs a third of a search for what is in the folder. */
async function removeBundle(folder: string): Promise<void> {
  await unlink(join(folder, BUNDLE_NAME)).catch(() => undefined);
  // Whatever else lies there: a module may write beside itself where nothing keeps it from that.
  await rmdir(folder).catch(() => rm(folder, { recursive: true, force: true }).catch(() => undefined));
}
