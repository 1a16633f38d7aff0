// A new schedule: its job first, then its form.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { API_BASE } from "../../api/base.ts";
import { ApiError, newKey, send } from "../../api/client.ts";
import type { Job, List, Meta, Schedule } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { commandLine, curlLine, paramWords, shellWord } from "../../form/equivalent.ts";
import { same } from "../../form/draft.ts";
import { isPlaced } from "../../form/field-errors.ts";
import { splitSecrets } from "../../form/secrets.ts";
import { useParams } from "../../form/use-params.ts";
import { buttonClass } from "../../parts/Button.tsx";
import { Field } from "../../parts/Field.tsx";
import { Screen } from "../../parts/Layout.tsx";
import { EmptyState, ErrorState, Loaded } from "../../parts/States.tsx";
import { useFields, useMay } from "../../shell/hooks.ts";
import { jobAddress, shownJob } from "../../words/address.ts";
import { Editor } from "./Editor.tsx";
import { bodyOf, newDraft, type ScheduleDraft } from "./schedule-draft.ts";
import { NotAllowed } from "./NotAllowed.tsx";

const MOST_JOBS = 200;

export function NewSchedule() {
  const [fields, change] = useFields();
  const mayEdit = useMay("editor");
  const jobs = useQuery(reading<List<Job>>("/jobs", { limit: MOST_JOBS }));
  const meta = useQuery(reading<Meta>("/meta"));
  if (!mayEdit) return <NotAllowed title="New schedule" />;
  const address = fields["job"];
  return (
    <Screen
      title="New schedule"
      about="When a job runs, with which params. The folder's code stays as it is."
    >
      <Loaded read={jobs} what="Loading the jobs">
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title="There is no job to schedule yet.">
              <span>
                Save a <code>job.ts</code> in a folder of the mounted source, and it is here.{" "}
                <Link to="/jobs">Jobs</Link>
              </span>
            </EmptyState>
          ) : (
            <JobField jobs={data} address={address} onChange={(job) => change({ job }, { replace: true })} />
          )
        }
      </Loaded>
      {address !== undefined && meta.data && (
        <NewForm key={address} address={address} timeZone={meta.data.timeZone} />
      )}
    </Screen>
  );
}

interface JobFieldProps {
  jobs: readonly Job[];
  address: string | undefined;
  onChange(address: string | undefined): void;
}

function JobField({ jobs, address, onChange }: JobFieldProps) {
  const known = jobs.filter(({ version }) => version !== null);
  const listed = known.some((job) => jobAddress(job) === address);
  return (
    <Field label="Job" hint="What it starts">
      {(attributes) => (
        <select
          {...attributes}
          value={address ?? ""}
          onChange={(event) => onChange(event.target.value || undefined)}
        >
          <option value="">Choose a job …</option>
          {address !== undefined && !listed && <option value={address}>{address}</option>}
          {known.map((job) => (
            <option key={jobAddress(job)} value={jobAddress(job)}>
              {job.name} ({shownJob(job)})
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function NewForm({ address, timeZone }: { address: string; timeZone: string }) {
  const read = useQuery(reading<Job>(`/jobs/${encodeURIComponent(address)}`));
  return (
    <Loaded read={read} what="Loading the job">
      {(job) => <NewEditor key={jobAddress(job)} job={job} timeZone={timeZone} />}
    </Loaded>
  );
}

function NewEditor({ job, timeZone }: { job: Job; timeZone: string }) {
  const [opened] = useState<ScheduleDraft>(() => newDraft(timeZone));
  const [draft, setDraft] = useState(opened);
  const params = useParams(job);
  const [key, setKey] = useState(newKey);
  const navigate = useNavigate();
  const body = { job: jobAddress(job), ...bodyOf(draft), params: params.params };
  const create = useMutation({
    mutationFn: () => send<Schedule>("POST", "/schedules", { body, idempotencyKey: key }),
    onSuccess: ({ data }) =>
      void navigate({ to: "/schedules/$id", params: { id: data.id }, ignoreBlocker: true }),
    onError(error) {
      if (!(error instanceof ApiError) || error.status === 0) return;
      setKey(newKey());
      params.place(error.fields.filter(({ pointer }) => pointer.startsWith("/params")));
    },
  });
  const refused = create.error instanceof ApiError && isPlaced(create.error) ? create.error : null;
  const { plain, secrets } = splitSecrets(params.fields, params.params);
  return (
    <Editor
      job={job}
      draft={draft}
      onDraft={setDraft}
      params={params}
      errors={refused?.fields ?? []}
      isSaved={false}
      changed={params.touched || !same(draft, opened)}
      saving={create.isPending}
      canSave={params.readable}
      save="Create the schedule"
      onSave={() => create.mutate()}
      failure={create.error && !refused ? <ErrorState error={create.error} /> : null}
      cancel={
        <Link to="/schedules" className={buttonClass()}>
          Cancel
        </Link>
      }
      curl={curlLine({
        method: "POST",
        url: `${location.origin}${API_BASE}/schedules`,
        body: { ...body, params: plain },
        secrets,
      })}
      command={commandLine([
        ...commandWords(job, draft),
        ...paramWords(params.fields, params.params, secrets),
      ])}
    />
  );
}

/** The command line says what is usual; for the rest there is REST. */
function commandWords(job: Job, draft: ScheduleDraft): string[] {
  const words = [
    "schedules",
    "create",
    shellWord(jobAddress(job)),
    `--${draft.kind} ${shellWord(draft[draft.kind])}`,
  ];
  if (draft.timeZone !== "") words.push(`--tz ${shellWord(draft.timeZone)}`);
  if (draft.name !== "") words.push(`--name ${shellWord(draft.name)}`);
  if (draft.overlap !== "") words.push(`--overlap ${draft.overlap}`);
  if (draft.pauseAfterFailures !== "")
    words.push(`--pause-after-failures ${shellWord(draft.pauseAfterFailures)}`);
  return words;
}
