// How a job's runs went: figures, durations and records over time, and the last ones as a list.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Job, JobStats, List, Run } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { DataTable } from "../../parts/DataTable.tsx";
import { Columns, Facts, Notice, Panel, Section } from "../../parts/Layout.tsx";
import { RunsLink } from "../../parts/JobLink.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Duration } from "../../parts/Time.tsx";
import { jobAddress } from "../../words/address.ts";
import { numberText } from "../../words/time.ts";
import { RUN_COLUMNS_OF_JOB } from "../runs/columns.tsx";
import { DurationChart, RecordChart } from "./Charts.tsx";

const SHOWN = 60;

export function RunsTab({ job }: { job: Job }) {
  const address = jobAddress(job);
  const runs = useQuery(reading<List<Run>>("/runs", { job: address, limit: SHOWN }));
  const stats = useQuery(reading<JobStats>(`/jobs/${encodeURIComponent(address)}/stats`));
  return (
    <>
      <Loaded read={stats} what="Loading the figures">
        {(figures) => <Figures stats={figures} address={address} />}
      </Loaded>
      <Loaded read={runs} what="Loading its runs">
        {({ data, page }) =>
          data.length === 0 ? (
            <EmptyState title="It has not run yet.">
              <span>
                Run it from here, or give it a <Link to="/schedules">schedule</Link>.
              </span>
            </EmptyState>
          ) : (
            <>
              <Columns>
                <Section title="Duration">
                  <Panel>
                    <DurationChart runs={data} />
                  </Panel>
                </Section>
                <Section title="Records">
                  <Panel>
                    <RecordChart runs={data} />
                  </Panel>
                </Section>
              </Columns>
              <Section
                title="Last runs"
                aside={
                  <Link to="/runs" search={{ job: address } as never}>
                    {page.hasMore ? "all of its runs" : "as a list that can be filtered"}
                  </Link>
                }
              >
                <DataTable
                  label="Last runs"
                  columns={RUN_COLUMNS_OF_JOB}
                  rows={data.slice(0, 20)}
                  keyOf={(run) => run.id}
                  noun="run"
                />
              </Section>
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Figures({ stats, address }: { stats: JobStats; address: string }) {
  const { runs, durationMs, records, cadence, warnings, since } = stats;
  return (
    <>
      {warnings.map(({ code, message }) => (
        <Notice key={code} tone="warn">
          {message}
        </Notice>
      ))}
      <Panel>
        <Facts
          of={[
            [
              "Runs of 30 days",
              Object.keys(runs).length === 0
                ? "none"
                : Object.entries(runs).map(([state, count], index) => (
                    <span key={state}>
                      {index > 0 && ", "}
                      <RunsLink filter={{ job: address, state, since }}>
                        {numberText(count)} {state}
                      </RunsLink>
                    </span>
                  )),
            ],
            durationMs.of > 0 && [
              "Usually takes",
              <span key="took">
                <Duration ms={durationMs.p50} />
                {durationMs.of > 1 && (
                  <>
                    , {durationMs.of < 20 ? "" : "19 of 20 "}at most <Duration ms={durationMs.p95} />
                  </>
                )}
              </span>,
            ],
            records.processed > 0 && [
              "Records",
              `${numberText(records.processed)} processed, ${numberText(records.failed)} failed`,
            ],
            cadence.declaredMs !== null && [
              "Its schedules",
              <span key="every">
                say every <Duration ms={cadence.declaredMs} />
                {cadence.achievedMs === null ? (
                  "; it has not begun twice yet"
                ) : (
                  <>
                    ; it began every <Duration ms={cadence.achievedMs} />
                  </>
                )}
              </span>,
            ],
          ]}
        />
      </Panel>
    </>
  );
}
