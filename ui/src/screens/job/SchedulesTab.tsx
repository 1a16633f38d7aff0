// When a job runs: its schedules, and those that its code suggests.
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { newKey, send } from "../../api/client.ts";
import type { Job, Schedule } from "../../api/contract.ts";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Muted, Section } from "../../parts/Layout.tsx";
import { EmptyState, ErrorState } from "../../parts/States.tsx";
import { Badge, StatusBadge } from "../../parts/Status.tsx";
import { Time } from "../../parts/Time.tsx";
import { useLiveUpdates, useMay } from "../../shell/hooks.ts";
import { jobAddress } from "../../words/address.ts";
import css from "./job.module.css";

const COLUMNS: readonly Column<Schedule>[] = [
  {
    id: "when",
    head: "Runs",
    place: "main",
    cell: (one) => (
      <>
        <Link to="/schedules/$id" params={{ id: one.id }}>
          {one.sentence}
        </Link>
        {one.name !== null && (
          <>
            {" "}
            <Muted>{one.name}</Muted>
          </>
        )}
      </>
    ),
  },
  {
    id: "state",
    head: "State",
    place: "corner",
    cell: (one) =>
      one.held !== null ? (
        <Badge word="held" icon="warn" tone="bad" title={one.held.reason} />
      ) : one.paused !== null || one.suspended !== null ? (
        <Badge word="paused" icon="pause" tone="warn" title={one.paused?.reason ?? one.suspended?.cause} />
      ) : !one.enabled ? (
        <Badge word="off" icon="off" tone="calm" />
      ) : (
        <Badge word="on" icon="check" tone="good" />
      ),
  },
  {
    id: "next",
    head: "Next",
    cell: (one) => <Time at={one.nextFires[0]?.at} as="both" none="none" />,
  },
  {
    id: "last",
    head: "Last",
    cell: (one) =>
      one.lastRun === null ? (
        <Muted>never</Muted>
      ) : (
        <Link to="/runs/$id" params={{ id: one.lastRun.id }}>
          <StatusBadge state={one.lastRun.state} />
        </Link>
      ),
  },
];

export function SchedulesTab({ job }: { job: Job }) {
  const mayEdit = useMay("editor");
  return (
    <>
      <Section
        title="Schedules"
        aside={
          mayEdit && (
            <Link className={buttonClass()} to="/schedules/new" search={{ job: jobAddress(job) } as never}>
              New schedule
            </Link>
          )
        }
      >
        {job.schedules.length === 0 ? (
          <EmptyState title="No schedule runs it.">
            <span>It runs when somebody starts it, here or over REST.</span>
          </EmptyState>
        ) : (
          <DataTable
            label="Schedules"
            columns={COLUMNS}
            rows={job.schedules}
            keyOf={(one) => one.id}
            noun="schedule"
          />
        )}
      </Section>
      {job.suggestedSchedules.length > 0 && (
        <Section title="Suggested by its code">
          {job.suggestedSchedules.map((one, index) => (
            <Suggestion
              key={index}
              job={job}
              index={index}
              text={one.cron ?? `every ${one.every}`}
              zone={one.timeZone}
            />
          ))}
        </Section>
      )}
    </>
  );
}

interface SuggestionProps {
  job: Job;
  index: number;
  text: string;
  zone?: string;
}

function Suggestion({ job, index, text, zone }: SuggestionProps) {
  const mayEdit = useMay("editor");
  const live = useLiveUpdates();
  const [key] = useState(newKey);
  const accept = useMutation({
    mutationFn: () =>
      send("POST", `/jobs/${encodeURIComponent(jobAddress(job))}/suggested-schedules/${index}/accept`, {
        body: {},
        idempotencyKey: key,
      }),
    onSuccess: () => live.refresh(),
  });
  return (
    <div className={css["row"]}>
      <code>{text}</code> {zone && <Muted>{zone}</Muted>}
      {mayEdit && (
        <Button disabled={accept.isPending || accept.isSuccess} onClick={() => accept.mutate()}>
          {accept.isSuccess ? "Created" : "Create it"}
        </Button>
      )}
      {accept.error && <ErrorState error={accept.error} />}
    </div>
  );
}
