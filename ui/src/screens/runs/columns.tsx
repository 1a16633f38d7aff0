// How a run is shown in lists.
import type { Run } from "../../api/contract.ts";
import type { Column } from "../../parts/DataTable.tsx";
import { JobLink } from "../../parts/JobLink.tsx";
import { Muted } from "../../parts/Layout.tsx";
import { Records } from "../../parts/Records.tsx";
import { StatusBadge } from "../../parts/Status.tsx";
import { Duration, Since, Time } from "../../parts/Time.tsx";
import { runPath, schedulePath, To } from "../../parts/To.tsx";
import { isOpen } from "../../words/states.ts";
import { causeInWords } from "../../words/places.ts";

const state: Column<Run> = {
  id: "state",
  head: "State",
  place: "corner",
  cell: (run) => <StatusBadge state={run.state} reason={run.reason} />,
};
const opened: Column<Run> = {
  id: "run",
  head: "Run",
  place: "main",
  cell: (run) => (
    <To path={runPath(run.id)} title={run.id}>
      <Time at={run.queuedAt} />
    </To>
  ),
};
const job: Column<Run> = { id: "job", head: "Job", cell: (run) => <JobLink of={run} /> };
const took: Column<Run> = {
  id: "took",
  head: "Took",
  end: true,
  cell: (run) =>
    run.state === "running" && run.startedAt !== null ? (
      <Since from={run.startedAt} />
    ) : (
      <Duration ms={run.durationMs} />
    ),
};
const records: Column<Run> = {
  id: "records",
  head: "Records",
  end: true,
  cell: (run) => <Records of={run.records} />,
};
const by: Column<Run> = {
  id: "by",
  head: "Started by",
  wideOnly: true,
  cell: (run) =>
    run.schedule === null ? (
      <span title={run.actor.name}>{run.trigger}</span>
    ) : (
      <To path={schedulePath(run.schedule)}>{run.trigger}</To>
    ),
};
const why: Column<Run> = {
  id: "why",
  head: "What happened",
  cell: (run) => {
    const text = whatHappened(run);
    return text === "" ? null : <Muted>{text}</Muted>;
  },
};

export const RUN_COLUMNS: readonly Column<Run>[] = [opened, state, job, took, records, by, why];
/** Where the job is known. */
export const RUN_COLUMNS_OF_JOB: readonly Column<Run>[] = [opened, state, took, records, by, why];

function whatHappened({ state, progress, cause: said }: Run): string {
  const cause = said === null ? null : causeInWords(state, said);
  if (!isOpen(state)) return shortened(cause ?? "");
  if (progress === null) return "";
  return `${Math.round(progress.percent)} %${progress.message === null ? "" : ` ${progress.message}`}`;
}

function shortened(text: string): string {
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
