// What open pages are told has changed beside their own requests: what runs, loads, comes and goes, here and elsewhere.
import { ChangeWatch } from "../actors/change-watch.ts";
import type { Instant } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { DbAuditStore } from "../db/audit-store.ts";
import { DbRunLooks } from "../db/run-looks.ts";
import { shownKey } from "../http/address.ts";
import { type Change, Changes, changeOf } from "../http/changes.ts";
import type { Logger } from "../log.ts";
import { changesOf, differs, type RunLooks, type Seen, type SeenRun } from "../runs/seen-runs.ts";
import type { Parts } from "./parts.ts";

/** An id is made before its row is committed: so far back rows are looked for once more. */
const OVERLAP_MS = 5_000;
/** A change is written down when it begins and looked for when it is done. */
const AUDIT_OVERLAP_MS = 15_000;
/** More changes at once are no single runs any more. */
const MOST = 150;
const MOST_AUDITS = 200;

export interface HintsOptions {
  parts: Pick<Parts, "catalog" | "notices" | "wake" | "now">;
  database: Database;
  log: Logger;
}

/** What requests to this process change is told by the face itself. */
export function hintsOf({ parts, database, log }: HintsOptions): Changes {
  const { catalog, notices, wake, now } = parts;
  const changes: Changes = new Changes({
    onFirst: () => void watch.start(),
    onLast: () => void watch.stop(),
  });
  const tell = (change: Change) => changes.tell(change);
  const looks = [runLook({ looks: new DbRunLooks(database), now, tell })];
  // Elsewhere than on a server there is no other process whose requests had to be looked for.
  if (database.dialect.name !== "sqlite")
    looks.push(auditLook({ store: new DbAuditStore(database), now, tell }));
  const watch = new ChangeWatch({ looks, log });
  wake.listen(watch);
  notices.listen(({ runId, source, jobKey, state }) => {
    tell({ kind: "run", source, id: runId, job: shownKey(jobKey), state });
    watch.nudge();
  });
  catalog.onChange((change) => {
    const { kind, source } = change;
    if (change.kind === "source") tell({ kind: "source", source, id: source, state: change.status.state });
    else tell({ kind: "job", source, id: shownKey(change.key), state: kind });
  });
  return changes;
}

interface LookOptions {
  now(): Instant;
  tell(change: Change): void;
}

/** Tells every run that is not as it was at the look before; at the first one that is every open run. */
export function runLook({ looks, now, tell }: LookOptions & { looks: RunLooks }): () => Promise<void> {
  let before: Seen = new Map();
  return async () => {
    const seen = new Map((await looks.look(now() - OVERLAP_MS)).map((run) => [run.id, run]));
    const { changed, gone } = changesOf(before, seen);
    const many = changed.length + gone.length > MOST;
    if (many) {
      for (const source of new Set([...changed, ...gone].map((run) => run.source)))
        tell({ kind: "run", source, id: null });
    } else {
      const rest = await looks.byIds(gone.map(({ id }) => id));
      for (const run of [...changed, ...rest.filter((run) => differs(before.get(run.id), run))])
        tell(changeOfRun(run));
    }
    before = seen;
  };
}

function changeOfRun({ id, source, jobKey, state }: SeenRun): Change {
  return { kind: "run", source, id, job: shownKey(jobKey), state };
}

/** Tells what was changed by requests, whichever process took them: they are all in the audit log. */
export function auditLook({
  store,
  now,
  tell,
}: LookOptions & { store: Pick<DbAuditStore, "list"> }): () => Promise<void> {
  let told = new Set<string>();
  return async () => {
    const { events } = await store.list({
      since: now() - AUDIT_OVERLAP_MS,
      outcomes: ["done"],
      limit: MOST_AUDITS,
    });
    for (const { id, action, target, source } of events) {
      const change = told.has(id) ? undefined : changeOf(action, source, target);
      // Of single runs their rows tell more, and this would overwrite it.
      if (change && (change.kind !== "run" || change.id === null)) tell(change);
    }
    told = new Set(events.map(({ id }) => id));
  };
}
