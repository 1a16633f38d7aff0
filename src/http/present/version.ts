// A version of a job as the API shows it (shape `version`), and the difference between two.
import type { SourceFile } from "../../catalog/job-versions.ts";
import type { VersionFacts } from "../../catalog/history.ts";
import type { CatalogEntry } from "../../catalog/version.ts";
import type { VersionDifference } from "../../catalog/version-diff.ts";
import type { ParamChange } from "../../catalog/param-changes.ts";
import { isoTime } from "../time.ts";
import type { JobSpec, ParamRules } from "../ports.ts";
import type { Of } from "../shapes/shape.ts";
import type { VERSION, VERSION_BRIEF, VERSION_DIFF, VERSION_SOURCE } from "../shapes/version.ts";
import { presentSpec } from "./job.ts";
import { maskParams } from "./secrets.ts";

/** `changes`: of the params, since the version that was loaded before it. */
export function presentVersion(
  version: VersionFacts,
  entry: CatalogEntry,
  changes: readonly ParamChange[] | null,
): Of<typeof VERSION_BRIEF> {
  return {
    hash: version.hash,
    declared: version.spec.version,
    serves: entry.currentVersion === version.hash,
    pinned: entry.pinned && entry.currentVersion === version.hash,
    loadedAt: isoTime(version.loadedAt),
    builtAt: isoTime(version.builtAt),
    revision: version.sourceRevision,
    files: version.files.length,
    bytes: version.files.reduce((sum, file) => sum + file.bytes, 0),
    needs: version.needs,
    paramChanges: changes,
  };
}

export function presentVersionWhole(
  version: VersionFacts,
  entry: CatalogEntry,
  rules: ParamRules,
): Of<typeof VERSION> {
  return {
    ...presentVersion(version, entry, null),
    builder: version.builderId,
    name: version.spec.name,
    spec: presentSpec(version.spec, rules),
    files: version.files,
  };
}

export function presentSource(
  version: VersionFacts,
  files: readonly SourceFile[],
): Of<typeof VERSION_SOURCE> {
  return { hash: version.hash, revision: version.sourceRevision, files };
}

export function presentDifference(
  difference: VersionDifference,
  from: JobSpec,
  to: JobSpec,
): Of<typeof VERSION_DIFF> {
  return {
    ...difference,
    fields: difference.fields.map((one) =>
      one.field === "schedules" ? { ...one, from: masked(from), to: masked(to) } : one,
    ),
  };
}

function masked(spec: JobSpec): object[] {
  return spec.schedules.map((one) => (one.params ? { ...one, params: maskParams(one.params, spec) } : one));
}
