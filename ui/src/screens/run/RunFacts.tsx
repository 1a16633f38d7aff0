// The facts of a run, each that leads somewhere as a link.
import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/contract.ts";
import { Facts, Panel } from "../../parts/Layout.tsx";
import { Duration, Time } from "../../parts/Time.tsx";
import { addressOfJob, shortHash } from "../../words/address.ts";
import { counted } from "../../words/time.ts";

export function RunFacts({ run }: { run: Run }) {
  return (
    <Panel>
      <Facts
        of={[
          ["Version", <VersionLink key="v" run={run} />],
          run.schedule !== null && [
            "Schedule",
            <Link key="s" to="/schedules/$id" params={{ id: run.schedule }}>
              <code>{run.schedule}</code>
              {run.scheduleRevision !== null && `, revision ${run.scheduleRevision}`}
            </Link>,
          ],
          run.fireAt !== null && ["Due", <Due key="d" run={run} />],
          run.forAt !== null && ["Stands for", <Time key="f" at={run.forAt} />],
          ["Queued", <Time key="q" at={run.queuedAt} />],
          ["Started", <Time key="st" at={run.startedAt} none="not yet" />],
          run.startDelayMs !== null && ["Start delay", <Duration key="sd" ms={run.startDelayMs} />],
          run.finishedAt !== null && ["Finished", <Time key="fi" at={run.finishedAt} />],
          run.durationMs !== null && ["Duration", <Duration key="du" ms={run.durationMs} />],
          ["Tries", `${run.triesUsed} of ${run.maxAttempts} used`],
          run.priority !== 0 && ["Priority", String(run.priority)],
          ["Asked for by", `${run.actor.name} (${run.actor.type})`],
          run.worker !== null && ["Worker", <code key="w">{run.worker}</code>],
          run.retryOf !== null && [
            "Does again",
            <Link key="r" to="/runs/$id" params={{ id: run.retryOf }}>
              <code>{run.retryOf}</code>
            </Link>,
          ],
          run.onlyRecords !== null && ["Only", <OnlyRecords key="o" run={run} />],
          run.batch !== null && [
            "Backfill",
            <Link key="b" to="/runs" search={{ batch: run.batch } as never}>
              <code>{run.batch}</code>
            </Link>,
          ],
        ]}
      />
    </Panel>
  );
}

/** The code that ran, not the one that serves now. */
function VersionLink({ run }: { run: Run }) {
  if (run.version === null) return "none yet: the one that serves when it starts";
  return (
    <Link
      to="/jobs/$address"
      params={{ address: addressOfJob(run) }}
      search={{ tab: "versions", version: run.version } as never}
    >
      <code title={run.version}>{shortHash(run.version)}</code>
      {run.versionDeclared !== null && ` (${run.versionDeclared})`}
    </Link>
  );
}

/** A skipped row may stand for many instants. */
function Due({ run }: { run: Run }) {
  if (run.fireThrough === null) return <Time at={run.fireAt} />;
  return (
    <>
      <Time at={run.fireAt} /> to <Time at={run.fireThrough} />
      {`, ${run.fireCount === null ? "too many fires to count" : counted(run.fireCount, "fire")}`}
    </>
  );
}

function OnlyRecords({ run }: { run: Run }) {
  const { of, records, left } = run.onlyRecords!;
  return (
    <>
      {counted(records, "failed record")} of{" "}
      <Link to="/runs/$id" params={{ id: of }}>
        <code>{of}</code>
      </Link>
      {left > 0 && `; ${left} without a key are left out`}
    </>
  );
}
