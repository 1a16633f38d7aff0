// Starts a run of a job: a form of its declared params, then the run itself.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { API_BASE } from "../api/base.ts";
import { ApiError, send } from "../api/client.ts";
import type { Job, Run } from "../api/contract.ts";
import { useRequestKey } from "../api/request-key.ts";
import { Button } from "../parts/Button.tsx";
import { Dialog, DialogActions } from "../parts/Dialog.tsx";
import { Field } from "../parts/Field.tsx";
import { Icon } from "../parts/Icon.tsx";
import { ErrorState } from "../parts/States.tsx";
import { useMay } from "../shell/hooks.ts";
import { jobAddress, shortHash } from "../words/address.ts";
import { Equivalent } from "./Equivalent.tsx";
import { commandLine, curlLine, paramWords, shellWord } from "./equivalent.ts";
import { FirstWrong, NONE_WRONG } from "./FirstWrong.tsx";
import { isPlaced } from "./field-errors.ts";
import { OtherErrors, ParamsForm } from "./ParamsForm.tsx";
import { useParams } from "./use-params.ts";

/** Not there for who may not run it, nor for a job without a version. `r` presses it. */
export function RunJobButton({ job }: { job: Job }) {
  const [open, setOpen] = useState(false);
  const mayRun = useMay("operator");
  if (!mayRun || job.version === null) return null;
  return (
    <>
      <Button kind="primary" data-key="r" onClick={() => setOpen(true)}>
        <Icon name="play" size={12} /> Run
      </Button>
      {open && <RunDialog job={job} onClose={() => setOpen(false)} />}
    </>
  );
}

export function RunDialog({ job, onClose }: { job: Job; onClose(): void }) {
  const state = useParams(job);
  const [onBusy, setOnBusy] = useState<"queue" | "refuse">("queue");
  const [key, refused] = useRequestKey();
  const navigate = useNavigate();
  const path = `/jobs/${encodeURIComponent(jobAddress(job))}/runs`;
  const body = { params: state.params, ...(onBusy === "refuse" ? { onBusy } : {}) };
  const start = useMutation({
    mutationFn: () => send<Run>("POST", path, { body, idempotencyKey: key }),
    onSuccess: ({ data }) => {
      onClose();
      void navigate({ to: "/runs/$id", params: { id: data.id } });
    },
    onError(error) {
      refused(error);
      if (error instanceof ApiError) state.place(error.fields);
    },
  });
  const placed = start.error instanceof ApiError && isPlaced(start.error);
  const secrets = state.fields.filter(({ name, secret }) => secret && Object.hasOwn(state.params, name));
  const plain = Object.fromEntries(
    Object.entries(state.params).filter(([name]) => !secrets.some((one) => one.name === name)),
  );
  const curl = curlLine({
    method: "POST",
    url: `${location.origin}${API_BASE}/jobs/${jobAddress(job)}/runs`,
    body: { ...body, params: plain },
    secrets,
  });
  const words = [
    "trigger",
    shellWord(jobAddress(job)),
    ...paramWords(state.fields, state.params, secrets),
    "--wait",
  ];
  return (
    <Dialog title={`Run ${job.name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (state.readable) start.mutate();
        }}
        noValidate
      >
        <div style={{ display: "flex", flexDirection: "column", gap: "1rem" }}>
          <p>
            Version <code>{shortHash(job.version?.hash ?? "")}</code>
            {job.version?.declared && ` (${job.version.declared})`}
            {job.loadState === "stale" && ": the newest one does not load, so the last good one runs"}
          </p>
          <OtherErrors errors={state.others} />
          <ParamsForm declared={job} state={state} />
          {job.concurrency !== null && (
            <Field
              label="When it runs already"
              hint={`At most ${job.concurrency} at a time: this job's concurrency`}
            >
              {(attributes) => (
                <select
                  {...attributes}
                  value={onBusy}
                  onChange={(event) => setOnBusy(event.target.value as "queue" | "refuse")}
                >
                  <option value="queue">wait for its turn</option>
                  <option value="refuse">do not run</option>
                </select>
              )}
            </Field>
          )}
          <Equivalent curl={curl} command={commandLine(words)} />
          {start.error && !placed && <ErrorState error={start.error} />}
          <FirstWrong errors={placed ? (start.error as ApiError).fields : NONE_WRONG} />
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" disabled={start.isPending || !state.readable}>
              {start.isPending ? "Starting …" : "Run"}
            </Button>
          </DialogActions>
        </div>
      </form>
    </Dialog>
  );
}
