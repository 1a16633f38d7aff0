// Whether runs of a job may be made now by whoever asks: its folder may be gone, or an admin has switched it off.
import { conflict } from "../errors.ts";

export type JobStanding = "ready" | "missing" | "disabled";

/** 409 for a job that is switched off, whatever version is asked for. */
export function checkEnabled(jobKey: string, standing: JobStanding): void {
  if (standing !== "disabled") return;
  const shown = jobKey.replaceAll("/", ".");
  throw conflict(
    "job_disabled",
    `the job "${jobKey}" is switched off, so nothing of it runs; PATCH /jobs/${shown} with {"enabled": true} switches it on`,
  );
}

/** The same, and 409 for a job whose folder is gone: what it would run now is not known. */
export function checkStanding(jobKey: string, standing: JobStanding): void {
  checkEnabled(jobKey, standing);
  if (standing === "missing")
    throw conflict("job_missing", `the folder of the job "${jobKey}" is gone; put it back to run it`);
}
