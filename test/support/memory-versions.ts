// Versions without a database, for tests of the face alone.
import { createHash } from "node:crypto";
import type { VersionFacts, VersionHistory, VersionPlace } from "../../src/catalog/history.ts";
import { ordersSpec } from "./http-doubles.ts";

export function versionFacts(jobKey: string, hash: string, more: Partial<VersionFacts> = {}): VersionFacts {
  return {
    hash,
    source: "default",
    jobKey,
    spec: ordersSpec(),
    files: [],
    needs: [],
    builderId: "builder",
    builtAt: 1_800_000_000_000,
    loadedAt: 1_800_000_000_000,
    sourceRevision: null,
    ...more,
  };
}

export class MemoryVersions implements VersionHistory {
  readonly versions: VersionFacts[] = [];
  /** By the sha256 that a version's file list names. */
  readonly bytes = new Map<string, Uint8Array>();

  /** A version that is made of these texts. */
  add(
    jobKey: string,
    hash: string,
    texts: Record<string, string>,
    more: Partial<VersionFacts> = {},
  ): VersionFacts {
    const files = Object.entries(texts).map(([path, text]) => {
      const bytes = Buffer.from(text, "latin1");
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if (!path.includes("node_modules")) this.bytes.set(sha256, bytes);
      return { path, sha256, bytes: bytes.length, role: "code" as const };
    });
    const facts = versionFacts(jobKey, hash, { files, ...more });
    this.versions.push(facts);
    return facts;
  }

  list(source: string, key: string, limit: number, after?: VersionPlace): Promise<VersionFacts[]> {
    const isAfter = (one: VersionFacts): boolean =>
      !after || one.loadedAt < after.loadedAt || (one.loadedAt === after.loadedAt && one.hash < after.hash);
    const found = this.#of(source, key)
      .filter(isAfter)
      .sort((a, b) => b.loadedAt - a.loadedAt || (a.hash < b.hash ? 1 : -1));
    return Promise.resolve(found.slice(0, limit));
  }

  find(source: string, key: string, hashPrefix: string): Promise<VersionFacts[]> {
    const found = this.#of(source, key).filter((one) => one.hash.startsWith(hashPrefix));
    return Promise.resolve(found.slice(0, 2));
  }

  stored(hashes: readonly string[]): Promise<Set<string>> {
    return Promise.resolve(new Set(hashes.filter((hash) => this.versions.some((one) => one.hash === hash))));
  }

  contents(version: VersionFacts, paths: readonly string[]): Promise<Map<string, Uint8Array>> {
    const contents = new Map<string, Uint8Array>();
    for (const { path, sha256 } of version.files) {
      const bytes = this.bytes.get(sha256);
      if (bytes && paths.includes(path)) contents.set(path, bytes);
    }
    return Promise.resolve(contents);
  }

  prune(): Promise<number> {
    return Promise.resolve(0);
  }

  #of(source: string, key: string): VersionFacts[] {
    return this.versions.filter((one) => one.source === source && one.jobKey === key);
  }
}
