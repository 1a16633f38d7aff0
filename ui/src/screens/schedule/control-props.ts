// What every dialog about a schedule is given.
import type { Schedule } from "../../api/contract.ts";

export interface ControlProps {
  schedule: Schedule;
  /** Of the schedule as it is shown. */
  etag: string;
  onClose(): void;
}
