// A new schedule: its job first, then its form.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { API_BASE } from "../../api/base.ts";
import { ApiError, newKey, send } from "../../api/client.ts";
import type { Job, JobBrief, Meta, Schedule } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { commandLine, curlLine, paramWords, shellWord } from "../../form/equivalent.ts";
import { same } from "../../form/draft.ts";
import { isPlaced } from "../../form/field-errors.ts";
import { splitSecrets } from "../../form/secrets.ts";
import { useParams } from "../../form/use-params.ts";
import { buttonClass } from "../../parts/Button.tsx";
import { Field } from "../../parts/Field.tsx";
import { jobChoices, type JobChoices } from "../../parts/job-choices.ts";
import { JobPicker } from "../../parts/JobPicker.tsx";
import { Screen } from "../../parts/Layout.tsx";
import { EmptyState, ErrorState, Loaded } from "../../parts/States.tsx";
import { useFields, useMay } from "../../shell/hooks.ts";
import { jobAddress } from "../../words/address.ts";
import { Editor } from "./Editor.tsx";
import { bodyOf, newDraft, type ScheduleDraft } from "./schedule-draft.ts";
import { NotAllowed } from "./NotAllowed.tsx";

export function NewSchedule() {
  const [fields, change] = useFields();
  const mayEdit = useMay("editor");
  const jobs = useQuery(jobChoices());
  const meta = useQuery(reading<Meta>("/meta"));
  if (!mayEdit) return <NotAllowed title="New schedule" />;
  const address = fields["job"];
  return (
    <Screen
      title="New schedule"
      about="When a job runs, with which params. The folder's code stays as it is."
    >
      <Loaded read={jobs} what="Loading the jobs">
        {(choices) =>
          choices.jobs.length === 0 ? (
            <EmptyState title="There is no job to schedule yet.">
              <span>
                Save a <code>job.ts</code> in a folder of the mounted source, and it is here.{" "}
                <Link to="/jobs">Jobs</Link>
              </span>
            </EmptyState>
          ) : (
            <JobField
              choices={{ ...choices, jobs: choices.jobs.filter(hasVersion) }}
              address={address}
              onChange={(job) => change({ job }, { replace: true })}
            />
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
  choices: JobChoices;
  address: string | undefined;
  onChange(address: string | undefined): void;
}

/** One that has never loaded has no params to draw a form of. */
const hasVersion = ({ loadState }: JobBrief) => loadState !== "error" && loadState !== "invalid";

function JobField({ choices, address, onChange }: JobFieldProps) {
  return (
    <Field label="Job" hint="What it starts">
      {(attributes) => (
        <JobPicker
          choices={choices}
          value={address}
          onPick={onChange}
          none="Choose a job …"
          attributes={attributes}
        />
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
