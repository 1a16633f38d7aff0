// What was picked on the timeline: the runs and fires there, and for each schedule of the job why it did or did not run then.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { List, Schedule, Timeline } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { Muted, Panel, Section } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { StatusBadge } from "../../parts/Status.tsx";
import { Duration, Time } from "../../parts/Time.tsx";
import { scheduleName } from "../../words/schedules.ts";
import { Answer } from "../schedule/Explain.tsx";
import { instantOfRun } from "./lanes.ts";
import css from "./timeline.module.css";

/** As many are asked about at once. */
const MOST = 5;
const MINUTE = 60_000;

export function Picked({ job, at, timeline }: { job: string; at: string; timeline: Timeline }) {
  const instant = Date.parse(at);
  const near = timeline.runs
    .filter((run) => `${run.source}:${run.job}` === job && Math.abs(instantOfRun(run) - instant) < MINUTE)
    .slice(0, MOST);
  const schedules = useQuery(reading<List<Schedule>>("/schedules", { job, limit: MOST }));
  return (
    <Section title="Picked">
      <p>
        <Link to="/jobs/$address" params={{ address: job }}>
          {job}
        </Link>{" "}
        at <Time at={at} />
      </p>
      {near.length > 0 && (
        <ul className={css["near"]}>
          {near.map((run) => (
            <li key={run.id}>
              <StatusBadge state={run.state} reason={run.reason} />{" "}
              <Link to="/runs/$id" params={{ id: run.id }}>
                <Time at={new Date(instantOfRun(run)).toISOString()} />
              </Link>{" "}
              <Duration ms={run.durationMs} none="" />
            </li>
          ))}
        </ul>
      )}
      <Loaded read={schedules} what="Loading its schedules">
        {({ data, page }) => (
          <div className={css["answers"]}>
            {data.length === 0 && <Muted>No schedule starts this job; it ran only by hand, if at all.</Muted>}
            {data.map((schedule) => (
              <Panel key={schedule.id}>
                <h3>
                  <Link to="/schedules/$id" params={{ id: schedule.id }} search={{ at } as never}>
                    {scheduleName(schedule)}
                  </Link>
                </h3>
                <Answer id={schedule.id} at={at} />
              </Panel>
            ))}
            {page.hasMore && (
              <Link to="/schedules" search={{ job } as never}>
                All schedules of this job
              </Link>
            )}
          </div>
        )}
      </Loaded>
    </Section>
  );
}
