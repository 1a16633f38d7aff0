// One schedule: what it does and will do, how it stands, what it has done, and why it did not.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { Schedule } from "../../api/contract.ts";
import { readingOne } from "../../api/queries.ts";
import { Columns, Panel, Screen, Section } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { addressOfJob, shownJob } from "../../words/address.ts";
import { scheduleLook, scheduleName } from "../../words/schedules.ts";
import { NextFires } from "../editor/Preview.tsx";
import { Explain } from "./Explain.tsx";
import { History } from "./History.tsx";
import { ScheduleActions } from "./ScheduleActions.tsx";
import { ScheduleFacts } from "./ScheduleFacts.tsx";
import { Standing } from "./Standing.tsx";

export function ScheduleScreen() {
  const { id } = useParams({ from: "/schedules/$id" });
  const read = useQuery(readingOne<Schedule>(`/schedules/${encodeURIComponent(id)}`));
  const schedule = read.data?.data;
  return (
    <Screen
      title={schedule ? scheduleName(schedule) : "Schedule"}
      badges={schedule && <Badge {...scheduleLook(schedule)} />}
      about={schedule && <About schedule={schedule} />}
      actions={schedule && <ScheduleActions schedule={schedule} etag={read.data?.etag ?? "*"} />}
    >
      <Loaded read={read} what="Loading the schedule">
        {({ data }) => <Whole key={data.id} schedule={data} />}
      </Loaded>
    </Screen>
  );
}

function About({ schedule }: { schedule: Schedule }) {
  return (
    <>
      {schedule.name !== null && `${schedule.sentence} · `}
      runs{" "}
      <Link to="/jobs/$address" params={{ address: addressOfJob(schedule) }}>
        {shownJob({ key: schedule.job, source: schedule.source })}
      </Link>
    </>
  );
}

function Whole({ schedule }: { schedule: Schedule }) {
  return (
    <>
      <Standing schedule={schedule} />
      <Columns>
        <Section title="Next fires">
          <Panel>
            <NextFires fires={schedule.nextFires} zone={schedule.timeZone} />
          </Panel>
        </Section>
        <Section title="Why did it, or did it not, run?">
          <Explain schedule={schedule} />
        </Section>
      </Columns>
      <History schedule={schedule} />
      <ScheduleFacts schedule={schedule} />
    </>
  );
}
