// Switches a schedule off or on.
import { SwitchConfirm } from "../../form/SwitchConfirm.tsx";
import type { ControlProps } from "./control-props.ts";

export function SwitchDialog({ schedule, etag, onClose }: ControlProps) {
  return (
    <SwitchConfirm
      what="this schedule"
      path={`/schedules/${encodeURIComponent(schedule.id)}`}
      etag={etag}
      isOn={schedule.enabled}
      saysOn="It fires again from now on. What was due while it was off stays skipped, and one row says so."
      saysOff="Nothing of it fires until somebody switches it on. What was due stays skipped, and one row says so. Runs that wait or run go on. For a while only, and with a reason, pause it."
      onClose={onClose}
    />
  );
}
