// What the face gets of the service: its ports, filled from the parts.
import { readFileSync } from "node:fs";
import type { Access } from "../access/access.ts";
import type { Audit } from "../access/audit.ts";
import { JobVersions } from "../catalog/job-versions.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";
import { DbIdempotencyStore } from "../db/idempotency-store.ts";
import { DbJobValueStore } from "../db/job-values.ts";
import { countSealed, resealAll } from "../db/secret-rotation.ts";
import { deriveKey } from "../db/secrets.ts";
import { shownKey } from "../http/address.ts";
import { Changes } from "../http/changes.ts";
import type { FaceDeps } from "../http/ports.ts";
import type { Logger } from "../log.ts";
import { nearest } from "../sdk/nearest.ts";
import { paramsSchema } from "../sdk/schema.ts";
import type { Health } from "./health.ts";
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
      entries: () => catalog.entries(),
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
      pin: (source, key, hash) => catalog.pin(source, key, hash),
      unpin: (source, key) => catalog.unpin(source, key),
      reload: (source, key) => catalog.reload(source, key),
    },
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
    controls: parts.controls,
    pauses: parts.scopePauses,
    upTimes: parts.upTimes,
    backfills: parts.backfills,
    explain: parts.explain,
    access,
    audit,
    changes: hintsOf(parts),
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
  };
}

/** What happens beside requests; what requests change is told by the face itself. */
function hintsOf({ catalog, notices }: Parts): Changes {
  const changes = new Changes();
  notices.listen(({ runId, source, jobKey, state }) =>
    changes.tell({ kind: "run", source, id: runId, job: shownKey(jobKey), state }),
  );
  catalog.onChange((change) => {
    const { kind, source } = change;
    if (change.kind === "source")
      changes.tell({ kind: "source", source, id: source, state: change.status.state });
    else changes.tell({ kind: "job", source, id: shownKey(change.key), state: kind });
  });
  return changes;
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
