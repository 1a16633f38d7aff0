// What people ask of a job's versions: the list, one of them, its source, and the difference between two.
import { ExpectedError, notFound } from "../errors.ts";
import type { VersionFacts, VersionHistory, VersionPlace } from "./history.ts";
import { isInPackage } from "./resolve.ts";
import { comparedPaths, differenceOf, type VersionDifference } from "./version-diff.ts";
import type { VersionFile } from "./version.ts";

/** A file of a version as people read it. */
export interface SourceFile extends VersionFile {
  /** Null for what is no text, is too large to be shown with the others, or is not kept (code of packages). */
  text: string | null;
}

/** Shorter ones may mean another version tomorrow. */
const MIN_PREFIX = 7;
/** One file that is asked for by its path comes whole; of a list of files, no one larger than this. */
const LISTED_BYTES = 256 * 1024;
const HEX = /^[0-9a-f]{1,64}$/;

export class JobVersions {
  constructor(private readonly history: VersionHistory) {}

  /** The last loaded first. */
  list(source: string, key: string, limit: number, after?: VersionPlace): Promise<VersionFacts[]> {
    return this.history.list(source, key, limit, after);
  }

  /** By its hash or at least seven digits of it; 404 when the job has none, 409 when several begin so. */
  async one(source: string, key: string, hash: string): Promise<VersionFacts> {
    const found =
      HEX.test(hash) && hash.length >= MIN_PREFIX ? await this.history.find(source, key, hash) : [];
    if (found.length === 1) return found[0]!;
    if (found.length > 1) {
      throw new ExpectedError(
        409,
        "ambiguous_version",
        `Several versions of the job begin with ${hash}. Give more digits of the hash.`,
      );
    }
    const what = `The job "${key.replaceAll("/", ".")}" has no version "${hash.slice(0, 64)}"`;
    throw notFound(
      `${what}; give its hash, or at least ${MIN_PREFIX} digits of it, as the list of versions shows it.`,
    );
  }

  /** Every file of the version with its text. */
  async source(version: VersionFacts): Promise<SourceFile[]> {
    const shown = version.files.filter((file) => file.bytes <= LISTED_BYTES && !isInPackage(file.path));
    const contents = await this.history.contents(
      version,
      shown.map((file) => file.path),
    );
    return version.files.map((file) => ({ ...file, text: textOf(contents.get(file.path)) }));
  }

  /** The bytes of one file; 404 when the version has none such, or its content is not kept. */
  async file(version: VersionFacts, path: string): Promise<Uint8Array> {
    const bytes = (await this.history.contents(version, [path])).get(path);
    if (bytes) return bytes;
    const known = version.files.some((file) => file.path === path);
    const why = known
      ? "is code of an installed package, which is not kept by itself"
      : `is not a file of this version; it has ${named(version.files)}`;
    throw notFound(`"${path.slice(0, 255)}" ${why}.`);
  }

  async difference(from: VersionFacts, to: VersionFacts): Promise<VersionDifference> {
    const paths = comparedPaths(from, to);
    const [before, after] = await Promise.all([
      this.history.contents(from, paths),
      this.history.contents(to, paths),
    ]);
    return differenceOf(from, to, { from: before, to: after });
  }
}

function textOf(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined || bytes.includes(0) ? null : Buffer.from(bytes).toString("utf8");
}

function named(files: readonly VersionFile[]): string {
  const own = files.map((file) => file.path).filter((path) => !isInPackage(path));
  return own.length > 10 ? `${own.slice(0, 10).join(", ")} and ${own.length - 10} more` : own.join(", ");
}
