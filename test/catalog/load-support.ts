// Loading one task directory in tests: the real builder, a real child, no catalog around it.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Loader, type Loaded, type LoaderOptions } from "../../src/catalog/load.ts";
import type { LoadProblem } from "../../src/catalog/load-problem.ts";
import type { JobVersion } from "../../src/catalog/version.ts";
import type { UnderWay } from "../../src/catalog/under-way.ts";
import { systemClock } from "../../src/clock.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import type { TaskFolder } from "../support/task-folder.ts";

export class LoadBench {
  readonly describer = new ChildDescriber();

  async load(
    folder: TaskFolder,
    key: string,
    more: Partial<LoaderOptions> = {},
    source = "default",
    underWay?: UnderWay,
  ): Promise<Loaded> {
    const scratchDir = join(folder.base, "scratch");
    await mkdir(scratchDir, { recursive: true });
    const loader = new Loader({
      describer: this.describer,
      limits: { timeMs: 5_000, memoryBytes: 256 * 1024 * 1024 },
      depsDir: null,
      depsHint: null,
      scratchDir,
      clock: systemClock,
      ...more,
    });
    return loader.load({ source, key, root: folder.root }, null, underWay);
  }

  async good(
    folder: TaskFolder,
    key: string,
    more: Partial<LoaderOptions> = {},
    source?: string,
  ): Promise<JobVersion> {
    const loaded = await this.load(folder, key, more, source);
    if (loaded.kind !== "good") expect.fail(JSON.stringify(loaded.kind === "bad" ? loaded.problem : loaded));
    return loaded.version;
  }

  async bad(folder: TaskFolder, key: string, more: Partial<LoaderOptions> = {}): Promise<LoadProblem> {
    const loaded = await this.load(folder, key, more);
    if (loaded.kind !== "bad") expect.fail(`it loaded: ${loaded.kind}`);
    return loaded.problem;
  }
}
