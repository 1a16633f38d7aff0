// All schedules: what each does, how it stands, when it fires next, how its last run ended.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { List, Schedule } from "../../api/contract.ts";
import { listOfSchedules } from "../../api/first-reads.ts";
import { reading } from "../../api/queries.ts";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Muted, Screen } from "../../parts/Layout.tsx";
import { useJobChoices } from "../../parts/job-choices.ts";
import { JobPicker } from "../../parts/JobPicker.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Badge, StatusBadge } from "../../parts/Status.tsx";
import { Time } from "../../parts/Time.tsx";
import { jobPathOf, runPath, schedulePath, To } from "../../parts/To.tsx";
import { useFields, useMay } from "../../shell/hooks.ts";
import { shownJob } from "../../words/address.ts";
import { scheduleLook, scheduleName } from "../../words/schedules.ts";
import { toSearch } from "../../words/search.ts";
import css from "./schedules.module.css";

const COLUMNS: readonly Column<Schedule>[] = [
  {
    id: "name",
    head: "Schedule",
    place: "main",
    cell: (schedule) => (
      <span className={css["name"]}>
        <To path={schedulePath(schedule.id)}>{scheduleName(schedule)}</To>
        {schedule.name !== null && <Muted>{schedule.sentence}</Muted>}
      </span>
    ),
  },
  {
    id: "state",
    head: "State",
    place: "corner",
    cell: (schedule) => (
      <Badge {...scheduleLook(schedule)} title={schedule.suspended?.cause ?? schedule.held?.reason} />
    ),
  },
  {
    id: "job",
    head: "Job",
    cell: (schedule) => (
      <To path={jobPathOf(schedule)}>{shownJob({ key: schedule.job, source: schedule.source })}</To>
    ),
  },
  {
    id: "next",
    head: "Next fire",
    cell: ({ nextFires }) => <Time at={nextFires[0]?.at} as="both" none="none" />,
  },
  {
    id: "last",
    head: "Last run",
    cell: ({ lastRun }) =>
      lastRun === null ? (
        <Muted>none yet</Muted>
      ) : (
        <To path={runPath(lastRun.id)} className={css["run"]}>
          <StatusBadge state={lastRun.state} reason={lastRun.reason} />
        </To>
      ),
  },
  { id: "zone", head: "Zone", wideOnly: true, cell: ({ timeZone }) => timeZone },
];

export function Schedules() {
  const [fields, change] = useFields();
  const mayEdit = useMay("editor");
  const { job, source, cursor } = fields;
  const read = useQuery(reading<List<Schedule>>(...listOfSchedules(fields)));
  const filtered = job !== undefined || source !== undefined;
  return (
    <Screen
      title="Schedules"
      about="When jobs run. Each due instant has one row, also where nothing ran."
      actions={
        mayEdit && (
          <Link
            to="/schedules/new"
            search={(job === undefined ? {} : { job }) as never}
            className={buttonClass("primary")}
          >
            New schedule
          </Link>
        )
      }
    >
      <Filter job={job} source={source} isShown={read.isSuccess} onChange={change} />
      <Loaded read={read} what="Loading the schedules">
        {({ data, page }) =>
          data.length === 0 ? (
            filtered ? (
              <EmptyState title="No schedule fits this filter.">
                <Button onClick={() => change({ job: undefined, source: undefined })}>
                  Show all schedules
                </Button>
              </EmptyState>
            ) : (
              <EmptyState title="There is no schedule yet.">
                <span>
                  {mayEdit ? (
                    <Link to="/schedules/new">Make one</Link>
                  ) : (
                    "Somebody with the role editor can make one"
                  )}
                  , or run a <Link to="/jobs">job</Link> by hand.
                </span>
              </EmptyState>
            )
          ) : (
            <>
              <DataTable
                key={toSearch({ job, source, cursor })}
                label="Schedules"
                noun="schedule"
                columns={COLUMNS}
                rows={data}
                keyOf={({ id }) => id}
              />
              <Pager page={page} shown={data.length} noun="schedule" />
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}

interface FilterProps {
  job: string | undefined;
  source: string | undefined;
  /** The list is there. */
  isShown: boolean;
  onChange(change: Record<string, string | undefined>): void;
}

function Filter({ job, source, isShown, onChange }: FilterProps) {
  const choices = useJobChoices(isShown);
  const sources = [...new Set(choices.jobs.map((one) => one.source))];
  return (
    <div className={css["filter"]} role="search">
      <label>
        Job{" "}
        <JobPicker
          choices={choices}
          value={job}
          onPick={(picked) => onChange({ job: picked })}
          none="all jobs"
          attributes={{ "data-key": "f" }}
        />
      </label>
      {(sources.length > 1 || source !== undefined) && (
        <label>
          Source{" "}
          <select
            value={source ?? ""}
            onChange={(event) => onChange({ source: event.target.value || undefined })}
          >
            <option value="">all sources</option>
            {[...new Set([...sources, ...(source === undefined ? [] : [source])])].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
