// What may be done to a run: end it, do it again, remove it. What a role may not do is not there.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { newKey, send } from "../../api/client.ts";
import type { Run } from "../../api/contract.ts";
import { Button } from "../../parts/Button.tsx";
import { Confirm } from "../../parts/Confirm.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { ReasonField } from "../../parts/ReasonField.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { useMay } from "../../shell/hooks.ts";
import { isOpen } from "../../words/states.ts";
import { RetryDialog } from "./RetryDialog.tsx";

type Open = "cancel" | "retry" | "failed-records" | "remove" | null;

export function RunActions({ run }: { run: Run }) {
  const [open, setOpen] = useState<Open>(null);
  const mayRun = useMay("operator");
  const mayRemove = useMay("admin");
  const close = () => setOpen(null);
  const ended = !isOpen(run.state);
  return (
    <>
      {mayRun && !ended && run.cancel === null && (
        <Button kind="danger" onClick={() => setOpen("cancel")}>
          <Icon name="stop" size={12} /> Cancel
        </Button>
      )}
      {mayRun && ended && run.records.failed > 0 && (
        <Button kind="primary" onClick={() => setOpen("failed-records")}>
          <Icon name="retry" size={12} /> Retry only the failed records
        </Button>
      )}
      {mayRun && ended && (
        <Button onClick={() => setOpen("retry")} data-key="r">
          <Icon name="retry" size={12} /> Run again
        </Button>
      )}
      {mayRemove && ended && run.state !== "skipped" && (
        <Button onClick={() => setOpen("remove")}>Remove</Button>
      )}
      {open === "cancel" && <CancelDialog run={run} onClose={close} />}
      {open === "remove" && <RemoveDialog run={run} onClose={close} />}
      {(open === "retry" || open === "failed-records") && (
        <RetryDialog run={run} onlyFailedRecords={open === "failed-records"} onClose={close} />
      )}
    </>
  );
}

function CancelDialog({ run, onClose }: { run: Run; onClose(): void }) {
  const [reason, setReason] = useState("");
  const [key] = useState(newKey);
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () =>
      send<Run>("POST", `/runs/${encodeURIComponent(run.id)}/cancel`, {
        body: reason.trim() === "" ? {} : { reason: reason.trim() },
        idempotencyKey: key,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["runs"] });
      onClose();
    },
  });
  return (
    <Dialog title="Cancel this run" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          cancel.mutate();
        }}
      >
        <p>
          {run.state === "running"
            ? "It gets its abort signal at once, SIGTERM after its grace time, and SIGKILL two seconds later. Its counts so far are kept."
            : "It waits, so it ends at once and never starts."}
        </p>
        <ReasonField
          hint="Optional. It stays with the run."
          maxLength={1_000}
          value={reason}
          onChange={setReason}
        />
        {cancel.error && <ErrorState error={cancel.error} />}
        <DialogActions>
          <Button onClick={onClose}>Let it run</Button>
          <Button kind="danger" type="submit" disabled={cancel.isPending}>
            Cancel the run
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function RemoveDialog({ run, onClose }: { run: Run; onClose(): void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => send("DELETE", `/runs/${encodeURIComponent(run.id)}`),
    onSuccess: async () => {
      onClose();
      await navigate({ to: "/runs" });
      void client.invalidateQueries({ queryKey: ["runs"] });
    },
  });
  return (
    <Confirm
      title="Remove this run"
      does="Remove"
      keeps="Keep it"
      kind="danger"
      act={remove}
      onClose={onClose}
    >
      <p>Its row, its log and its refused records go for good.</p>
    </Confirm>
  );
}
