// What a schedule has done: its rows, newest first, those that say why nothing ran among them.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { List, Run, Schedule } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Muted, Section } from "../../parts/Layout.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { StatusBadge } from "../../parts/Status.tsx";
import { Duration, Time } from "../../parts/Time.tsx";
import { counted, numberText } from "../../words/time.ts";
import { causeInWords } from "../../words/places.ts";

const SHOWN = 15;

export function History({ schedule }: { schedule: Schedule }) {
  const read = useQuery(reading<List<Run>>("/runs", { schedule: schedule.id, limit: SHOWN }));
  return (
    <Section
      title="History"
      aside={
        <Link to="/runs" search={{ schedule: schedule.id } as never}>
          All its runs
        </Link>
      }
    >
      <Loaded read={read} what="Loading its runs">
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title="It has not fired yet.">
              {schedule.nextFires[0] && (
                <span>
                  Its first fire is <Time at={schedule.nextFires[0].at} as="both" />.
                </span>
              )}
            </EmptyState>
          ) : (
            <DataTable
              label="Runs of this schedule"
              noun="run"
              columns={columnsOf(schedule.timeZone)}
              rows={data}
              keyOf={({ id }) => id}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

function columnsOf(zone: string): readonly Column<Run>[] {
  return [
    {
      id: "due",
      head: "Due",
      place: "main",
      cell: (run) => (
        <Link to="/runs/$id" params={{ id: run.id }}>
          <Time at={run.fireAt ?? run.forAt ?? run.queuedAt} zone={zone} />
          {run.fireThrough !== null && (
            <>
              {" to "}
              <Time at={run.fireThrough} zone={zone} />
            </>
          )}
        </Link>
      ),
    },
    {
      id: "state",
      head: "State",
      place: "corner",
      cell: ({ state, reason }) => <StatusBadge state={state} reason={reason} />,
    },
    {
      id: "cause",
      head: "Cause",
      cell: ({ cause, state, fireCount, fireThrough }) => (
        <>
          {cause === null ? <Muted>–</Muted> : causeInWords(state, cause)}
          {fireThrough !== null && fireCount !== null && <Muted> ({counted(fireCount, "fire")})</Muted>}
        </>
      ),
    },
    {
      id: "records",
      head: "Records",
      end: true,
      wideOnly: true,
      cell: ({ records }) => (records.processed === 0 ? <Muted>–</Muted> : numberText(records.processed)),
    },
    { id: "duration", head: "Duration", end: true, cell: ({ durationMs }) => <Duration ms={durationMs} /> },
  ];
}
