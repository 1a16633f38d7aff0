// A schedule, changed: only what was changed is sent, and never over a change that nobody has seen.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams as useAddress } from "@tanstack/react-router";
import { useState } from "react";
import { API_BASE } from "../../api/base.ts";
import { ApiError, read as readOne, send } from "../../api/client.ts";
import type { Job, Schedule } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { curlLine } from "../../form/equivalent.ts";
import { isPlaced } from "../../form/field-errors.ts";
import { splitSecrets } from "../../form/secrets.ts";
import { useParams } from "../../form/use-params.ts";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { Notice, Screen } from "../../parts/Layout.tsx";
import { ErrorState, Loaded } from "../../parts/States.tsx";
import { useMay } from "../../shell/hooks.ts";
import { addressOfJob } from "../../words/address.ts";
import { DeleteSchedule } from "../schedule/DeleteSchedule.tsx";
import { Differences, differencesOf, NO_DIFFERENCES } from "./Differences.tsx";
import { Editor } from "./Editor.tsx";
import { NotAllowed } from "./NotAllowed.tsx";
import { draftOf, patchBetween, rebased } from "./schedule-draft.ts";

export function EditSchedule() {
  const { id } = useAddress({ from: "/schedules/$id/edit" });
  const mayEdit = useMay("editor");
  const path = `/schedules/${encodeURIComponent(id)}`;
  const read = useQuery({
    queryKey: ["editor", path],
    queryFn: ({ signal }) => readOne<Schedule>(path, signal),
    // As it was when the form was opened: no notice of a change reads it anew under the hands of who types.
    staleTime: "static",
    gcTime: 0,
  });
  if (!mayEdit) return <NotAllowed title="Change a schedule" />;
  const saved = read.data?.data;
  return (
    <Screen
      title={saved ? `Change ${saved.name ?? saved.sentence}` : "Change a schedule"}
      actions={saved && <DeleteSchedule schedule={saved} />}
    >
      <Loaded read={read} what="Loading the schedule">
        {({ data, etag }) => (
          <WithJob key={data.id} saved={data} etag={etag ?? "*"} again={() => void read.refetch()} />
        )}
      </Loaded>
    </Screen>
  );
}

interface SavedProps {
  saved: Schedule;
  etag: string;
  /** Reads it as it is now; what is typed stays. */
  again(): void;
}

function WithJob(props: SavedProps) {
  const read = useQuery(reading<Job>(`/jobs/${encodeURIComponent(addressOfJob(props.saved))}`));
  return (
    <Loaded read={read} what="Loading the job">
      {(job) => <EditEditor {...props} job={job} />}
    </Loaded>
  );
}

function EditEditor({ saved, etag, again, job }: SavedProps & { job: Job }) {
  const { draft, setDraft, params, differences } = useEdited(job, saved);
  const navigate = useNavigate();
  const client = useQueryClient();
  const patch = {
    ...patchBetween(draftOf(saved), draft),
    ...(Object.keys(params.changes).length > 0 ? { params: params.changes } : {}),
  };
  const path = `/schedules/${encodeURIComponent(saved.id)}`;
  const change = useMutation({
    mutationFn: (ifMatch: string) => send<Schedule>("PATCH", path, { body: patch, ifMatch }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["schedules"] });
      void navigate({ to: "/schedules/$id", params: { id: saved.id }, ignoreBlocker: true });
    },
    onError(error) {
      if (error instanceof ApiError)
        params.place(error.fields.filter(({ pointer }) => pointer.startsWith("/params")));
    },
  });
  const refused = change.error instanceof ApiError && isPlaced(change.error) ? change.error : null;
  const met = change.error instanceof ApiError && change.error.status === 412;
  const { plain, secrets } = splitSecrets(params.fields, params.changes);
  const nothing = Object.keys(patch).length === 0;
  return (
    <Editor
      job={job}
      draft={draft}
      onDraft={setDraft}
      params={params}
      errors={refused?.fields ?? []}
      isSaved
      changed={!nothing || params.touched}
      saving={change.isPending}
      canSave={params.readable && !nothing}
      save={nothing ? "Nothing is changed yet" : "Save"}
      onSave={() => change.mutate(etag)}
      failure={
        met && change.variables !== etag ? (
          <Differences found={differences} saved={saved} />
        ) : met ? (
          <Notice tone="warn">
            <strong>Somebody has changed it meanwhile.</strong> Nothing of yours was saved.
            <Button onClick={again}>Show it as it is now</Button>
          </Notice>
        ) : change.error && !refused ? (
          <ErrorState error={change.error} />
        ) : null
      }
      cancel={
        <Link to="/schedules/$id" params={{ id: saved.id }} className={buttonClass()}>
          Cancel
        </Link>
      }
      curl={curlLine({
        method: "PATCH",
        url: `${location.origin}${API_BASE}${path}`,
        headers: { "Content-Type": "application/merge-patch+json", "If-Match": etag },
        body: "params" in patch ? { ...patch, params: plain } : patch,
        secrets,
      })}
    />
  );
}

/** What is typed; when another state was read, it is laid over that one, and what differs is told. */
function useEdited(job: Job, saved: Schedule) {
  const [base, setBase] = useState(saved);
  const [draft, setDraft] = useState(() => draftOf(saved));
  const [differences, setDifferences] = useState(NO_DIFFERENCES);
  const params = useParams(job, base.params);
  if (base !== saved) {
    const laid = rebased(draftOf(base), draftOf(saved), draft);
    setBase(saved);
    setDraft(laid.draft);
    setDifferences(differencesOf(base, saved, laid, Object.keys(params.changes)));
    params.rebase(saved.params);
  }
  return { draft, setDraft, params, differences };
}
