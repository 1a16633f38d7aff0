// One job: whether it loads, how its runs went, when it runs, what it takes, which code it is.
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Job } from "../../api/contract.ts";
import { readingOne } from "../../api/queries.ts";
import { RunJobButton } from "../../form/RunDialog.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { Muted, Notice, Screen, Tabs } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { Badge, LoadBadge } from "../../parts/Status.tsx";
import { Strip } from "../../parts/Strip.tsx";
import { Time } from "../../parts/Time.tsx";
import { useFields } from "../../shell/hooks.ts";
import { jobAddress, shortHash } from "../../words/address.ts";
import { Actions } from "./Actions.tsx";
import { CodeTab } from "./CodeTab.tsx";
import { LoadProblem } from "./LoadProblem.tsx";
import { ParamsTab } from "./ParamsTab.tsx";
import { RunsTab } from "./RunsTab.tsx";
import { SchedulesTab } from "./SchedulesTab.tsx";
import { VersionsTab } from "./VersionsTab.tsx";
import { whoIs } from "../../words/places.ts";

const TABS = [
  ["runs", "Runs"],
  ["schedules", "Schedules"],
  ["params", "Params and rules"],
  ["code", "Code"],
  ["versions", "Versions"],
] as const;

export function JobScreen() {
  const { address = "" } = useParams({ strict: false });
  const read = useQuery(readingOne<Job>(`/jobs/${encodeURIComponent(address)}`));
  if (!read.data) {
    return (
      <Screen title={address}>
        <Loaded read={read} what="Loading the job">
          {() => null}
        </Loaded>
      </Screen>
    );
  }
  return <Shown key={address} job={read.data.data} etag={read.data.etag} />;
}

function Shown({ job, etag }: { job: Job; etag: string | null }) {
  const [fields] = useFields();
  const tab = fields["tab"] ?? "runs";
  return (
    <Screen
      title={job.name}
      badges={
        <>
          <LoadBadge state={job.loadState} />
          {!job.enabled && <Badge word="switched off" icon="off" tone="warn" />}
          {job.pinned && <Badge word="pinned" icon="pin" tone="calm" />}
        </>
      }
      about={
        <>
          {job.description !== null && (
            <>
              {job.description}
              <br />
            </>
          )}
          <code>{jobAddress(job)}</code>
          {job.version !== null && (
            <>
              {" "}
              · serving version <code title={job.version.hash}>{shortHash(job.version.hash)}</code>
              {job.version.declared !== null && ` (${job.version.declared})`}
              {job.version.loadedAt !== null && (
                <>
                  , loaded <Time at={job.version.loadedAt} as="relative" />
                </>
              )}
            </>
          )}
        </>
      }
      actions={
        <>
          <RunJobButton job={job} />
          <Actions job={job} etag={etag} />
        </>
      }
    >
      {job.paused !== null && (
        <Notice tone="warn">
          <Icon name="pause" />
          <span>
            {whoIs(job.paused.by)} paused its schedules <Time at={job.paused.at} as="relative" />
            {job.paused.reason && `: ${job.paused.reason}`}
            {job.paused.until !== null && (
              <>
                {" "}
                until <Time at={job.paused.until} />
              </>
            )}
            .
          </span>
        </Notice>
      )}
      {!job.enabled && (
        <Notice tone="warn">It is switched off: nothing of it runs until somebody switches it on.</Notice>
      )}
      {job.loadError !== null && <LoadProblem error={job.loadError} />}
      <div>
        {job.recentRuns.length === 0 ? (
          <Muted>No runs yet</Muted>
        ) : (
          <Strip runs={job.recentRuns} label={job.name} />
        )}{" "}
        <Muted>
          {" · "}next <Time at={job.nextRunAt} as="both" none="not planned" />
        </Muted>
      </div>
      <Tabs tabs={TABS} label="Parts of the job" />
      {tab === "runs" && <RunsTab job={job} />}
      {tab === "schedules" && <SchedulesTab job={job} />}
      {tab === "params" && <ParamsTab job={job} etag={etag} />}
      {tab === "code" && <CodeTab job={job} />}
      {tab === "versions" && <VersionsTab job={job} />}
    </Screen>
  );
}
