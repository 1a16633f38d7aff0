// Switches a job off or on.
import type { Job } from "../../api/contract.ts";
import { SwitchConfirm } from "../../form/SwitchConfirm.tsx";
import { jobAddress } from "../../words/address.ts";

export function SwitchJobDialog({ job, etag, onClose }: { job: Job; etag: string | null; onClose(): void }) {
  return (
    <SwitchConfirm
      what={job.name}
      path={`/jobs/${encodeURIComponent(jobAddress(job))}`}
      etag={etag ?? "*"}
      isOn={job.enabled}
      saysOn="Its schedules fire again from now on, and it can be run by hand. What was due while it was off stays skipped, and one row of each schedule says so."
      saysOff="Nothing of it runs until somebody switches it on, neither by a schedule nor by hand. What is due meanwhile is skipped, and one row of each schedule says so. To stop its schedules for a while, and with a reason, pause it instead."
      onClose={onClose}
    />
  );
}
