// All jobs: whether they load, how their last runs went, and when they run next.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useRef } from "react";
import type { JobBrief, List, LoadState, Source } from "../../api/contract.ts";
import { listOfJobs } from "../../api/first-reads.ts";
import { reading, readingAll } from "../../api/queries.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { Muted, Screen } from "../../parts/Layout.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Badge, LoadBadge, StatusBadge } from "../../parts/Status.tsx";
import { Strip } from "../../parts/Strip.tsx";
import { Time } from "../../parts/Time.tsx";
import { jobPath, runPath, schedulePath, To } from "../../parts/To.tsx";
import { useFields } from "../../shell/hooks.ts";
import { jobAddress } from "../../words/address.ts";
import { toggled, toSearch, wordsOf } from "../../words/search.ts";
import { loadLook } from "../../words/states.ts";
import { successText } from "../../words/success.ts";
import css from "../runs/runs.module.css";

const STATES: readonly LoadState[] = ["ready", "stale", "error", "missing", "invalid"];

const COLUMNS: readonly Column<JobBrief>[] = [
  {
    id: "job",
    head: "Job",
    place: "main",
    cell: (job) => (
      <>
        <To path={jobPath(job)}>{job.name}</To>
        <br />
        <Muted>
          <code>{job.source === "default" ? job.key : jobAddress(job)}</code>
        </Muted>
      </>
    ),
  },
  {
    id: "state",
    head: "State",
    place: "corner",
    cell: (job) => (
      <>
        <LoadBadge state={job.loadState} />
        {!job.enabled && <Badge word="off" icon="off" tone="warn" />}
        {job.paused && <Badge word="paused" icon="pause" tone="warn" />}
        {job.pinned && <Badge word="pinned" icon="pin" tone="calm" />}
      </>
    ),
  },
  {
    id: "strip",
    head: "Last 30 runs",
    cell: (job) =>
      job.recentRuns.length === 0 ? (
        <Muted>none yet</Muted>
      ) : (
        <Strip runs={job.recentRuns} label={job.name} />
      ),
  },
  { id: "rate", head: "Succeeded", end: true, cell: (job) => successText(job.recentRuns) },
  {
    id: "last",
    head: "Last",
    wideOnly: true,
    cell: ({ recentRuns: [last] }) =>
      last ? (
        <To path={runPath(last.id)}>
          <StatusBadge state={last.state} />
        </To>
      ) : (
        <Muted>never</Muted>
      ),
  },
  {
    id: "schedule",
    head: "Schedule",
    wideOnly: true,
    cell: ({ schedule, scheduleCount }) =>
      schedule === null ? (
        <Muted>none</Muted>
      ) : (
        <>
          <To path={schedulePath(schedule.id)}>{schedule.sentence}</To>
          {scheduleCount > 1 && <Muted> and {scheduleCount - 1} more</Muted>}
        </>
      ),
  },
  { id: "next", head: "Next", cell: (job) => <Time at={job.nextRunAt} as="relative" none="not planned" /> },
];

export function Jobs() {
  const [fields, change] = useFields();
  const { q, loadState, source, cursor } = fields;
  const jobs = useQuery(reading<List<JobBrief>>(...listOfJobs(fields)));
  const sources = useQuery(readingAll<Source>("/sources"));
  const text = useRef<HTMLInputElement>(null);
  const search = (event: FormEvent) => {
    event.preventDefault();
    change({ q: text.current?.value.trim() || undefined });
  };
  return (
    <Screen title="Jobs">
      <form className={css["filters"]} role="search" aria-label="Filter the jobs" onSubmit={search}>
        <label>
          Name or key
          <input ref={text} type="search" data-key="/" key={q ?? ""} defaultValue={q ?? ""} maxLength={200} />
        </label>
        <fieldset>
          <legend>State</legend>
          <span className={css["states"]}>
            {STATES.map((state) => (
              <button
                key={state}
                type="button"
                aria-pressed={wordsOf(loadState).includes(state)}
                onClick={() => change({ loadState: toggled(loadState, state) })}
              >
                <Icon name={loadLook(state).icon} size={12} />
                {state}
              </button>
            ))}
          </span>
        </fieldset>
        <label>
          Source
          <select
            data-key="f"
            value={source ?? ""}
            onChange={(event) => change({ source: event.target.value })}
          >
            <option value="">all mounted</option>
            {sources.data?.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </form>
      <Loaded read={jobs} what="Loading the jobs">
        {({ data, page }) =>
          data.length === 0 ? (
            <None filtered={Boolean(q ?? loadState ?? source)} />
          ) : (
            <div>
              <DataTable
                key={toSearch({ q, loadState, source, cursor })}
                label="Jobs"
                columns={COLUMNS}
                rows={data}
                keyOf={jobAddress}
                noun="job"
              />
              <Pager page={page} shown={data.length} noun="job" first="First page" />
            </div>
          )
        }
      </Loaded>
    </Screen>
  );
}

function None({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <EmptyState title="No job fits this filter.">
        <Link to="/jobs">Show all jobs</Link>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No job is loaded yet.">
      <span>
        Save a folder with a <code>job.ts</code> in a mounted folder; <code>npx jobmount new my-job</code>{" "}
        writes one. <Link to="/sources">Sources</Link> says which folders are watched.
      </span>
    </EmptyState>
  );
}
