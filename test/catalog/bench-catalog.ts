// A catalog for tests: real files, real watcher, real builder, real child; the store is the one without a database.
import { join } from "node:path";
import { Catalog, type CatalogOptions } from "../../src/catalog/catalog.ts";
import type { CatalogChange } from "../../src/catalog/change.ts";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import { VersionCache } from "../../src/catalog/version-cache.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import type { TaskFolder } from "../support/task-folder.ts";

export class CatalogBench {
  readonly changes: CatalogChange[] = [];
  readonly catalog: Catalog;
  readonly versions: VersionCache;

  constructor(
    readonly folder: TaskFolder,
    readonly describer: ChildDescriber,
    readonly store = new MemoryCatalogStore(),
    more: Partial<CatalogOptions> = {},
  ) {
    const sources = more.sources ?? [{ name: "default", path: folder.root }];
    this.versions = new VersionCache({
      store,
      cacheDir: join(folder.base, "versions"),
      sources: new Map(sources.map((source) => [source.name, source.path])),
    });
    this.catalog = new Catalog({
      sources,
      watch: { mode: "events", intervalMs: 200 },
      store,
      describer,
      versions: this.versions,
      scratchDir: join(folder.base, "scratch"),
      clock: systemClock,
      log: silentLogger,
      ...more,
    });
    this.catalog.onChange((change) => this.changes.push(change));
  }

  async start(): Promise<this> {
    await this.catalog.start();
    await this.catalog.whenSettled();
    return this;
  }

  state(key: string): string | undefined {
    return this.catalog.entry("default", key)?.loadState;
  }

  name(key: string): string | undefined {
    return this.catalog.current("default", key)?.spec.name;
  }

  hash(key: string): string {
    return this.catalog.current("default", key)?.hash ?? "";
  }

  /** Waits until the job serves a version with this name, and no error is told. */
  async serves(key: string, name: string, ms = 5_000): Promise<void> {
    await eventually(() => this.name(key) === name && this.state(key) === "ready", ms, 2);
  }

  async becomes(key: string, state: string | undefined, ms = 5_000): Promise<void> {
    await eventually(() => this.state(key) === state || undefined, ms, 2);
  }

  error(key: string): string | undefined {
    return this.catalog.loadErrors().find((failed) => failed.key === key)?.error.code;
  }

  /** The kinds of changes of one job since the last call. */
  kinds(key: string): string[] {
    const kinds = this.changes
      .filter((change) => change.kind !== "source" && change.key === key)
      .map(({ kind }) => kind);
    this.changes.length = 0;
    return kinds;
  }
}
