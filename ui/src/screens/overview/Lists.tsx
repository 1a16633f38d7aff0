// The short lists of the overview.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlannedFire, Run } from "../../api/contract.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { JobLink } from "../../parts/JobLink.tsx";
import { EmptyState } from "../../parts/States.tsx";
import { StatusBadge } from "../../parts/Status.tsx";
import { Time } from "../../parts/Time.tsx";
import { runPath, schedulePath, To } from "../../parts/To.tsx";
import css from "./overview.module.css";

const RUN_COLUMNS: readonly Column<Run>[] = [
  {
    id: "job",
    head: "Job",
    place: "main",
    cell: (run) => (
      <>
        <To path={runPath(run.id)}>{run.jobName ?? run.job}</To>
        {run.state === "failed" && run.cause !== null && (
          <div className={css["cause"]} title={run.cause}>
            {run.cause}
          </div>
        )}
      </>
    ),
  },
  {
    id: "state",
    head: "State",
    place: "corner",
    cell: (run) => <StatusBadge state={run.state} reason={run.reason} />,
  },
  {
    id: "when",
    head: "When",
    end: true,
    cell: (run) => <Time at={run.finishedAt ?? run.startedAt ?? run.queuedAt} as="relative" />,
  },
];

export function RunList({ label, runs, empty }: { label: string; runs: readonly Run[]; empty: ReactNode }) {
  if (runs.length === 0) return empty;
  return <DataTable label={label} columns={RUN_COLUMNS} rows={runs} keyOf={(run) => run.id} noun="run" />;
}

const FIRE_COLUMNS: readonly Column<PlannedFire>[] = [
  { id: "job", head: "Job", place: "main", cell: (fire) => <JobLink of={fire} /> },
  {
    id: "schedule",
    head: "Schedule",
    cell: (fire) => <To path={schedulePath(fire.schedule)}>{fire.scheduleName ?? "its schedule"}</To>,
  },
  { id: "at", head: "At", cell: (fire) => <Time at={fire.at} as="both" /> },
  {
    id: "local",
    head: "On its own clock",
    wideOnly: true,
    cell: (fire) => <Time at={fire.at} zone={fire.timeZone} />,
  },
];

export function NextFires({ fires }: { fires: readonly PlannedFire[] }) {
  if (fires.length === 0) {
    return (
      <EmptyState title="No schedule is due in the next seven days.">
        <span>
          A <Link to="/schedules">schedule</Link> makes a job run by itself; what is paused or held is shown
          there.
        </span>
      </EmptyState>
    );
  }
  return (
    <DataTable
      label="Next fires"
      columns={FIRE_COLUMNS}
      rows={fires}
      keyOf={(fire) => `${fire.schedule} ${fire.at}`}
      noun="fire"
    />
  );
}
