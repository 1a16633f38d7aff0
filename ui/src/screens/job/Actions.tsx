// What can be done with a job as a whole: look at its folder again, unpin, pause, switch off.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { newKey, send } from "../../api/client.ts";
import type { Job } from "../../api/contract.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog } from "../../parts/Dialog.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { PauseForm } from "../../form/PauseForm.tsx";
import { useLiveUpdates, useMay } from "../../shell/hooks.ts";
import { jobAddress } from "../../words/address.ts";
import { SwitchJobDialog } from "./SwitchJobDialog.tsx";

export function Actions({ job, etag }: { job: Job; etag: string | null }) {
  const operator = useMay("operator");
  const editor = useMay("editor");
  const live = useLiveUpdates();
  const [pausing, setPausing] = useState(false);
  const [switching, setSwitching] = useState(false);
  const path = `/jobs/${encodeURIComponent(jobAddress(job))}`;
  const act = useMutation({
    mutationFn: (what: "reload" | "unpin" | "resume") =>
      send("POST", `${path}/${what}`, { body: what === "resume" ? {} : undefined, idempotencyKey: newKey() }),
    onSettled: () => live.refresh(),
  });
  return (
    <>
      {operator && (
        <Button disabled={act.isPending} onClick={() => act.mutate("reload")}>
          {act.isPending && act.variables === "reload" ? "Looking …" : "Load again"}
        </Button>
      )}
      {editor && job.pinned && (
        <Button disabled={act.isPending} onClick={() => act.mutate("unpin")}>
          Unpin
        </Button>
      )}
      {operator &&
        (job.paused === null ? (
          <Button onClick={() => setPausing(true)}>Pause</Button>
        ) : (
          <Button disabled={act.isPending} onClick={() => act.mutate("resume")}>
            Resume
          </Button>
        ))}
      {editor && (
        <Button onClick={() => setSwitching(true)}>{job.enabled ? "Switch off" : "Switch on"}</Button>
      )}
      {switching && <SwitchJobDialog job={job} etag={etag} onClose={() => setSwitching(false)} />}
      {act.error && (
        <Dialog title="That was refused" onClose={() => act.reset()}>
          <ErrorState error={act.error} />
        </Dialog>
      )}
      {pausing && (
        <PauseForm what={`the schedules of ${job.name}`} path={path} onClose={() => setPausing(false)} />
      )}
    </>
  );
}
