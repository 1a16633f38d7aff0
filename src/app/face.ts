// What the face gets of the service: its ports, filled from the parts.
import { readFileSync } from "node:fs";
import type { Access } from "../access/access.ts";
import type { Audit } from "../access/audit.ts";
import { entryOfNoJob } from "../catalog/failed-loads.ts";
import { JobVersions } from "../catalog/job-versions.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";
import { DbIdempotencyStore } from "../db/idempotency-store.ts";
import { DbJobValueStore } from "../db/job-values.ts";
import { countSealed, resealAll } from "../db/secret-rotation.ts";
import { deriveKey } from "../db/secrets.ts";
import type { FaceDeps } from "../http/ports.ts";
import { loadPage, pageFolder } from "../http/static.ts";
import type { Logger } from "../log.ts";
import { nearest } from "../sdk/nearest.ts";
import { paramsSchema } from "../sdk/schema.ts";
import type { Health } from "./health.ts";
import { hintsOf } from "./hints.ts";
import type { Metrics } from "./metrics.ts";
import type { Parts } from "./parts.ts";
import { orphanedText } from "./source-board.ts";
import { secretKeys } from "./secret-key.ts";

export interface FaceParts {
  config: Config;
  parts: Parts;
  database: Database;
  access: Access;
  audit: Audit;
  health: Health;
  metrics: Metrics;
  log: Logger;
  /** Where it listens; known only after the deps are made. */
  url(): string;
}

export function faceDeps({
  config,
  parts,
  database,
  access,
  audit,
  health,
  metrics,
  log,
  url,
}: FaceParts): FaceDeps {
  const { catalog, board, history, params, runs, queries, schedules } = parts;
  return {
    jobs: {
      entries: () => [...catalog.entries(), ...catalog.loadErrors().flatMap(entryOfNoJob)],
      entry: (source, key) => catalog.entry(source, key),
      loadErrors: () => catalog.loadErrors(),
      sources: () => [
        ...catalog.sources().map(({ name, path, state, reason, mode, changedAt }) => ({
          name,
          path,
          state: state === "available" ? state : ("unavailable" as const),
          detail: state === "missing" ? "it is not there yet" : reason,
          watcher: mode,
          lastChangeAt: changedAt,
        })),
        ...board.orphans.map((orphan) => ({
          name: orphan.source,
          state: "unavailable" as const,
          detail: orphanedText(orphan),
          watcher: "off" as const,
          lastChangeAt: null,
        })),
      ],
    },
    serving: {
      pin: (source, key, hash, request) => catalog.pin(source, key, hash, request),
      unpin: (source, key, request) => catalog.unpin(source, key, request),
      reload: (source, key) => catalog.reload(source, key),
    },
    jobSettings: parts.jobSettings,
    versions: new JobVersions(history),
    params: {
      check: (spec, values) => params.check(spec, values),
      schema: (spec) => paramsSchema(spec),
      nearest: (wrong, names) => nearest(wrong, names),
    },
    runs,
    runQueries: queries,
    figures: parts.figures,
    jobValues: new DbJobValueStore(database),
    metrics,
    rescan: (source) => catalog.rescan(source),
    followers: parts.followers,
    schedules,
    suggestions: parts.suggestions,
    controls: parts.controls,
    pauses: parts.scopePauses,
    upTimes: parts.upTimes,
    backfills: parts.backfills,
    explain: parts.explain,
    access,
    audit,
    changes: hintsOf({ parts, database, log }),
    secrets: {
      count: () => countSealed(database, parts.vault),
      rotate: () => resealAll(database, parts.vault),
    },
    idempotency: new DbIdempotencyStore(database),
    idempotencyKey: deriveKey(secretKeys(config)[0]!, "idempotency"),
    health,
    meta: {
      version: packageVersion(),
      database: database.dialect.name,
      timeZone: config.timeZone,
      features: ["schedules", "hot-reload"],
    },
    trustedProxies: config.trustedProxies ?? [],
    clock: { ...systemClock, now: () => database.now() },
    log,
    publicUrl: url,
    basePath: basePathOf(config),
    page: loadPage(pageFolder(), basePathOf(config)),
  };
}

/** As it is set, or the path of the public address. */
function basePathOf({ basePath, publicUrl }: Config): string {
  if (basePath !== "" || publicUrl === null) return basePath;
  return new URL(publicUrl).pathname.replace(/\/+$/, "");
}

/** From the package.json above this file, wherever it was built to. */
function packageVersion(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const text = readFileSync(new URL(up, import.meta.url), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return "unknown";
}
