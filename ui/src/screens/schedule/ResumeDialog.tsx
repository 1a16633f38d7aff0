// Resumes a schedule.
import { ResumeForm } from "../../form/ResumeForm.tsx";
import type { ControlProps } from "./control-props.ts";

export function ResumeDialog({ schedule, onClose }: ControlProps) {
  return (
    <ResumeForm
      what="this schedule"
      path={`/schedules/${encodeURIComponent(schedule.id)}`}
      onClose={onClose}
    />
  );
}
