// Pauses a schedule: why, until when, and which fires that takes.
import { useQuery } from "@tanstack/react-query";
import { send } from "../../api/client.ts";
import type { Schedule, SchedulePreview } from "../../api/contract.ts";
import { PauseForm } from "../../form/PauseForm.tsx";
import { counted } from "../../words/time.ts";
import type { ControlProps } from "./control-props.ts";

/** Fires that are counted; beyond them it is "or more". */
const MOST = 100;

export function PauseDialog({ schedule, onClose }: ControlProps) {
  return (
    <PauseForm
      what="this schedule"
      path={`/schedules/${encodeURIComponent(schedule.id)}`}
      isReasonRequired={false}
      affected={(until) => <Affected schedule={schedule} until={until} />}
      onClose={onClose}
    />
  );
}

function Affected({ schedule, until }: { schedule: Schedule; until: number }) {
  const { cron, everyMs, anchorAt, at, timeZone, dst } = schedule;
  const when = {
    ...(cron === undefined ? {} : { cron, dst }),
    ...(everyMs === undefined ? {} : { everyMs, anchorAt }),
    ...(at === undefined ? {} : { at }),
    timeZone,
    count: MOST,
  };
  const read = useQuery({
    queryKey: ["preview", when],
    queryFn: async ({ signal }) =>
      (await send<SchedulePreview>("POST", "/schedules/preview", { body: when, signal })).data,
  });
  if (!read.data) return null;
  const fires = read.data.nextFires.filter((fire) => Date.parse(fire.at) < until).length;
  return (
    <p role="status">
      {fires >= MOST ? `${MOST} fires or more` : counted(fires, "fire")} would be skipped by then.
    </p>
  );
}
