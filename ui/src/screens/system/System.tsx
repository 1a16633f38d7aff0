// The service itself: what it is, who works, whether schedules fire, and what is paused.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Meta, PauseScope, Scheduler, Worker } from "../../api/contract.ts";
import { reading, readingAll, useMe } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { RunsLink } from "../../parts/JobLink.tsx";
import { Columns, Facts, Muted, Notice, Panel, Screen, Section } from "../../parts/Layout.tsx";
import { PauseForm } from "../../form/PauseForm.tsx";
import { ResumeForm } from "../../form/ResumeForm.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { Duration, Time } from "../../parts/Time.tsx";
import { useEvery, useMay } from "../../shell/hooks.ts";
import { bytesText, counted } from "../../words/time.ts";
import { Health } from "./Health.tsx";
import { whoIs } from "../../words/places.ts";

const workerColumns = (isOld: boolean): readonly Column<Worker>[] => [
  { id: "name", head: "Process", place: "main", cell: (one) => <code>{one.worker}</code> },
  {
    id: "state",
    head: "State",
    place: "corner",
    cell: (one) =>
      isOld ? (
        <Badge word="unknown" icon="warn" tone="warn" />
      ) : one.upSince === null ? (
        <Badge word="not seen" icon="warn" tone="warn" />
      ) : (
        <Badge word="there" icon="check" tone="good" />
      ),
  },
  { id: "since", head: "Since", cell: (one) => <Time at={one.upSince} as="both" none="unknown" /> },
  {
    id: "seen",
    head: "Last sign of life",
    cell: (one) => <Time at={one.seenAt} as="relative" none="none" />,
  },
  {
    id: "runs",
    head: "Runs now",
    end: true,
    cell: (one) =>
      isOld ? <Muted>unknown</Muted> : one.running === 0 ? <Muted>none</Muted> : counted(one.running, "run"),
  },
];

const PAUSES: readonly Column<PauseScope>[] = [
  {
    id: "what",
    head: "What",
    place: "main",
    cell: (one) =>
      one.scope === "all"
        ? "everything"
        : one.scope === "source"
          ? `source ${one.source}`
          : `job ${one.source}:${one.job}`,
  },
  { id: "by", head: "By", cell: (one) => one.paused && whoIs(one.paused.by) },
  { id: "why", head: "Reason", cell: (one) => one.paused?.reason ?? <Muted>none given</Muted> },
  { id: "at", head: "Since", cell: (one) => <Time at={one.paused?.at} as="both" /> },
  { id: "until", head: "Until", cell: (one) => <Time at={one.paused?.until} none="somebody resumes" /> },
];

export function System() {
  // Signs of life, clocks and pauses that end by themselves: nothing tells of them.
  const refetchInterval = useEvery(5_000);
  const meta = useQuery({ ...reading<Meta>("/meta"), refetchInterval });
  const workers = useQuery({ ...readingAll<Worker>("/workers"), refetchInterval });
  const { sources } = useMe();
  const scheduler = useQuery({ ...reading<Scheduler>("/scheduler"), refetchInterval });
  return (
    <Screen title="System" actions={scheduler.data && <FireSwitch scheduler={scheduler.data} />}>
      {scheduler.data?.paused && (
        <Notice tone="warn">
          <Icon name="pause" />
          <span>
            No schedule fires: {whoIs(scheduler.data.paused.by)} paused everything{" "}
            <Time at={scheduler.data.paused.at} as="relative" />
            {scheduler.data.paused.reason && `: ${scheduler.data.paused.reason}`}.
          </span>
        </Notice>
      )}
      <Columns>
        <Section title="Health">
          <Panel>
            <Health />
          </Panel>
        </Section>
        <Section title="This installation">
          <Panel>
            <Loaded read={meta}>
              {(read) => (
                <Facts
                  of={[
                    ["Version", read.version],
                    ["Database", read.database],
                    ["Zone of schedules that name none", read.timeZone],
                    ["Largest body", bytesText(read.limits.bodyBytes)],
                    ["Its clock", <Time key="now" at={read.now} />],
                    [
                      "Its clock and this browser's",
                      <Drift key="drift" now={read.now} at={meta.dataUpdatedAt} />,
                    ],
                  ]}
                />
              )}
            </Loaded>
          </Panel>
        </Section>
      </Columns>
      <Section title="Processes" aside={<RunsLink filter={{ state: "running" }}>what runs now</RunsLink>}>
        <Loaded read={workers}>
          {(data, isOld) =>
            data.length === 0 ? (
              <EmptyState
                title={
                  sources === null
                    ? "No process was heard of in the last seconds."
                    : "No process holds a run of your sources now."
                }
              />
            ) : (
              <DataTable
                label="Processes"
                columns={workerColumns(isOld)}
                rows={data}
                keyOf={(one) => one.worker}
                noun="process"
              />
            )
          }
        </Loaded>
      </Section>
      <Section title="Paused as a whole">
        <Loaded read={scheduler}>
          {({ pauses }) =>
            pauses.length === 0 ? (
              <EmptyState title="Nothing is paused as a whole.">
                <span>Single schedules that are paused say so themselves.</span>
              </EmptyState>
            ) : (
              <DataTable
                label="Pauses"
                columns={PAUSES}
                rows={pauses}
                keyOf={(one) => `${one.scope} ${one.source} ${one.job}`}
                noun="pause"
              />
            )
          }
        </Loaded>
      </Section>
    </Screen>
  );
}

/** More than some seconds make "in 3 min" wrong. */
function Drift({ now, at }: { now: string; at: number }) {
  const drift = Math.abs(Date.parse(now) - at);
  return drift < 5_000 ? (
    <>agree</>
  ) : (
    <strong>
      differ by <Duration ms={drift} />
    </strong>
  );
}

function FireSwitch({ scheduler }: { scheduler: Scheduler }) {
  const may = useMay("operator", true);
  const [open, setOpen] = useState(false);
  if (!may) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        {scheduler.paused ? "Resume everything" : "Pause everything"}
      </Button>
      {open &&
        (scheduler.paused ? (
          <ResumeForm what="everything" path="/scheduler" onClose={() => setOpen(false)} />
        ) : (
          <PauseForm what="everything" path="/scheduler" onClose={() => setOpen(false)} />
        ))}
    </>
  );
}
