// Makes a schedule like this one. It begins paused, and asks for the secrets again: they are never read back.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { ApiError, send } from "../../api/client.ts";
import type { Job, Schedule } from "../../api/contract.ts";
import { useRequestKey } from "../../api/request-key.ts";
import { reading } from "../../api/queries.ts";
import type { Declared } from "../../form/fields.ts";
import { isPlaced, placeErrors } from "../../form/field-errors.ts";
import { OtherErrors, ParamsForm } from "../../form/ParamsForm.tsx";
import { useParams } from "../../form/use-params.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Field } from "../../parts/Field.tsx";
import { ErrorState, Loaded } from "../../parts/States.tsx";
import { addressOfJob } from "../../words/address.ts";
import { scheduleName } from "../../words/schedules.ts";
import { isSecret } from "../run/Values.tsx";
import type { ControlProps } from "./control-props.ts";
import css from "./schedule.module.css";

export function CopyDialog({ schedule, onClose }: ControlProps) {
  const read = useQuery(reading<Job>(`/jobs/${encodeURIComponent(addressOfJob(schedule))}`));
  return (
    <Dialog title="Copy this schedule" onClose={onClose}>
      <Loaded read={read} what="Loading the job">
        {(job) => <CopyForm schedule={schedule} job={job} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

type CopyProps = Pick<ControlProps, "schedule" | "onClose"> & { job: Job };

function CopyForm({ schedule, job, onClose }: CopyProps) {
  const [name, setName] = useState(() => `${scheduleName(schedule).slice(0, 120)} (copy)`);
  const [key, onRefused] = useRequestKey();
  const secrets = useMemo(() => secretsOf(job, schedule.params), [job, schedule.params]);
  const params = useParams(secrets);
  const navigate = useNavigate();
  const client = useQueryClient();
  // A secret that may be left out is left out by name; one that may not is asked for by the service.
  const left = Object.keys(secrets.optionalParams).filter((one) => !Object.hasOwn(params.params, one));
  const body = {
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    params: { ...params.params, ...Object.fromEntries(left.map((one) => [one, null])) },
  };
  const copy = useMutation({
    mutationFn: () =>
      send<Schedule>("POST", `/schedules/${encodeURIComponent(schedule.id)}/copy`, {
        body,
        idempotencyKey: key,
      }),
    onSuccess: ({ data }) => {
      void client.invalidateQueries({ queryKey: ["schedules"] });
      onClose();
      void navigate({ to: "/schedules/$id", params: { id: data.id } });
    },
    onError(error) {
      onRefused(error);
      if (error instanceof ApiError)
        params.place(error.fields.filter(({ pointer }) => pointer.startsWith("/params")));
    },
  });
  const refused = copy.error instanceof ApiError && isPlaced(copy.error) ? copy.error : null;
  const own = placeErrors(
    (refused?.fields ?? []).filter(({ pointer }) => !pointer.startsWith("/params")),
    "",
    ["name"],
  );
  return (
    <form
      className={css["form"]}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (params.readable) copy.mutate();
      }}
    >
      <p>
        The same times, policies and params, as a schedule of its own. It begins paused: resume it once it is
        right.
      </p>
      <Field label="Name" hint="What people call it" wrong={own.at["name"]?.join("; ") ?? null}>
        {(attributes) => (
          <input
            {...attributes}
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {params.fields.length > 0 && (
        <>
          <p>Secrets are not copied: give them again.</p>
          <ParamsForm declared={secrets} state={params} />
        </>
      )}
      <OtherErrors errors={[...params.others, ...own.others]} />
      {copy.error && !refused && <ErrorState error={copy.error} />}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={copy.isPending || !params.readable}>
          Make the copy
        </Button>
      </DialogActions>
    </form>
  );
}

/** Of what the job declares the secrets that the schedule has. */
function secretsOf(job: Job, params: Schedule["params"]): Declared {
  const among = (declared: Declared["requiredParams"]) =>
    Object.fromEntries(Object.entries(declared).filter(([name]) => isSecret(params[name])));
  return {
    requiredParams: among(job.requiredParams),
    optionalParams: among(job.optionalParams),
    paramGroups: [],
  };
}
