// Does a run again as a new one: with which code, with which params, all of it or only the records that it refused.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { API_BASE } from "../../api/base.ts";
import { ApiError, send } from "../../api/client.ts";
import type { Job, Run } from "../../api/contract.ts";
import { useRequestKey } from "../../api/request-key.ts";
import { reading } from "../../api/queries.ts";
import { curlLine } from "../../form/equivalent.ts";
import { Equivalent } from "../../form/Equivalent.tsx";
import { FirstWrong, NONE_WRONG } from "../../form/FirstWrong.tsx";
import { isPlaced } from "../../form/field-errors.ts";
import { OtherErrors, ParamsForm } from "../../form/ParamsForm.tsx";
import { useParams } from "../../form/use-params.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { ErrorState, Loaded } from "../../parts/States.tsx";
import { addressOfJob, shortHash } from "../../words/address.ts";
import { counted } from "../../words/time.ts";
import css from "./run.module.css";

interface RetryProps {
  run: Run;
  onlyFailedRecords: boolean;
  onClose(): void;
}

export function RetryDialog(props: RetryProps) {
  const read = useQuery(reading<Job>(`/jobs/${encodeURIComponent(addressOfJob(props.run))}`));
  return (
    <Dialog
      title={props.onlyFailedRecords ? "Retry only the failed records" : "Run again"}
      onClose={props.onClose}
    >
      <Loaded read={read} what="Loading the job">
        {(job) => <RetryForm {...props} job={job} />}
      </Loaded>
    </Dialog>
  );
}

function RetryForm({ run, onlyFailedRecords, onClose, job }: RetryProps & { job: Job }) {
  const state = useParams(job, run.params);
  const serves = job.version?.hash ?? null;
  const [version, setVersion] = useState<"same" | "current">("current");
  const [key, refused] = useRequestKey();
  const navigate = useNavigate();
  const changed = state.changes;
  const body = {
    version,
    ...(onlyFailedRecords ? { onlyFailedRecords } : {}),
    ...(Object.keys(changed).length > 0 ? { params: changed } : {}),
  };
  const path = `/runs/${encodeURIComponent(run.id)}/retry`;
  const retry = useMutation({
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
  const placed = retry.error instanceof ApiError && isPlaced(retry.error);
  const secrets = state.fields.filter(({ name, secret }) => secret && Object.hasOwn(changed, name));
  const plain = Object.fromEntries(
    Object.entries(changed).filter(([name]) => !secrets.some((one) => one.name === name)),
  );
  const shownBody = Object.keys(changed).length > 0 ? { ...body, params: plain } : body;
  return (
    <form
      className={css["retry"]}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (state.readable) retry.mutate();
      }}
    >
      <p>
        {onlyFailedRecords
          ? `A new run is told the keys of the ${counted(run.records.failed, "record")} that failed, and does only those.`
          : "A new run; this one stays as it is."}
      </p>
      <fieldset className={css["versions"]}>
        <legend>With which code</legend>
        <label>
          <input
            type="radio"
            name="version"
            checked={version === "current"}
            onChange={() => setVersion("current")}
          />{" "}
          the version that serves now{serves !== null && <code>{shortHash(serves)}</code>}
          {serves !== null && serves === run.version && "the same as then"}
        </label>
        {run.version !== null && run.version !== serves && (
          <label>
            <input
              type="radio"
              name="version"
              checked={version === "same"}
              onChange={() => setVersion("same")}
            />{" "}
            the version that ran then <code>{shortHash(run.version)}</code>
          </label>
        )}
      </fieldset>
      <OtherErrors errors={state.others} />
      {state.fields.length + state.undeclared.length > 0 && (
        <details open={state.fields.some(({ name }) => state.wrongOf(name) !== null)}>
          <summary>
            Params{" "}
            {Object.keys(changed).length > 0
              ? `(${counted(Object.keys(changed).length, "change")})`
              : "as they were"}
          </summary>
          <ParamsForm declared={job} state={state} />
        </details>
      )}
      <Equivalent
        curl={curlLine({
          method: "POST",
          url: `${location.origin}${API_BASE}${path}`,
          body: shownBody,
          secrets,
        })}
      />
      {retry.error && !placed && <ErrorState error={retry.error} />}
      <FirstWrong errors={placed ? (retry.error as ApiError).fields : NONE_WRONG} />
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
        <Button kind="primary" type="submit" disabled={retry.isPending || !state.readable}>
          {onlyFailedRecords ? "Retry the failed records" : "Run again"}
        </Button>
      </DialogActions>
    </form>
  );
}
