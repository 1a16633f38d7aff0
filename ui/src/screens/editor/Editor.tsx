// The form of a schedule as a whole: fields on the one side, what they mean on the other, and the request that saves it.
import { type ReactNode, useState } from "react";
import type { FieldError, Job } from "../../api/contract.ts";
import { Equivalent } from "../../form/Equivalent.tsx";
import { FirstWrong } from "../../form/FirstWrong.tsx";
import { OtherErrors, ParamsForm } from "../../form/ParamsForm.tsx";
import type { ParamsState } from "../../form/use-params.ts";
import { Button } from "../../parts/Button.tsx";
import { Panel, Section } from "../../parts/Layout.tsx";
import { LeaveGuard } from "../../parts/LeaveGuard.tsx";
import { useNow } from "../../shell/now.ts";
import { jobAddress } from "../../words/address.ts";
import { Preview, usePreview } from "./Preview.tsx";
import { type DraftField, fieldAt, previewBody, type ScheduleDraft } from "./schedule-draft.ts";
import { type DraftProps, LimitFields, PolicyFields, Text, WhenFields } from "./ScheduleForm.tsx";
import { inLabels } from "../../words/places.ts";
import { sayWhere } from "../../form/field-errors.ts";
import css from "./editor.module.css";

interface EditorProps {
  job: Job;
  draft: ScheduleDraft;
  onDraft(draft: ScheduleDraft): void;
  params: ParamsState;
  /** What the service refused of the last try to save. */
  errors: readonly FieldError[];
  /** It is changed, not made. */
  isSaved: boolean;
  /** Something would be lost by leaving. */
  changed: boolean;
  saving: boolean;
  canSave: boolean;
  save: string;
  onSave(): void;
  curl: string;
  command?: string;
  /** What went wrong otherwise. */
  failure: ReactNode;
  cancel: ReactNode;
}

export function Editor(props: EditorProps) {
  const { job, draft, onDraft, params, errors, saving, canSave, save, onSave } = props;
  const [touched, setTouched] = useState<ReadonlySet<DraftField>>(new Set());
  const now = useNow(60_000);
  const overlap = draft.overlap === "" ? undefined : draft.overlap;
  const body = { ...previewBody(draft, now), overlap, job: jobAddress(job) };
  const { preview, errors: wrongWhen, failed } = usePreview(body);
  // What was refused was refused of another value, once the field has been changed.
  const told = [...errors.filter(({ pointer }) => !touched.has(fieldAt(pointer) ?? "kind")), ...wrongWhen];
  const fields: DraftProps = {
    draft,
    onChange(change) {
      setTouched((before) => new Set([...before, ...(Object.keys(change) as DraftField[])]));
      onDraft({ ...draft, ...change });
    },
    wrongOf(field) {
      const messages = told
        .filter(({ pointer }) => fieldAt(pointer) === field)
        .map(({ message }) => inLabels(message));
      return messages.length === 0 ? null : [...new Set(messages)].join("; ");
    },
  };
  const homeless = told
    .filter(({ pointer }) => fieldAt(pointer) === undefined && !pointer.startsWith("/params"))
    .map(({ pointer, message }) => sayWhere(pointer, message));
  return (
    <form
      className={css["editor"]}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTouched(new Set());
        if (canSave) onSave();
      }}
    >
      <LeaveGuard changed={props.changed} />
      <div className={css["fields"]}>
        <Panel>
          <div className={css["group"]}>
            <Text {...fields} field="name" label="Name" hint="Optional: what people call it" />
            <WhenFields {...fields} />
          </div>
        </Panel>
        <Section title="Params">
          <Panel>
            <OtherErrors errors={params.others} />
            <ParamsForm declared={job} state={params} />
          </Panel>
        </Section>
        <Section title="Policies">
          <Panel>
            <div className={css["group"]}>
              <PolicyFields {...fields} job={job} />
            </div>
          </Panel>
        </Section>
        <details className={css["more"]} open={errors.length > 0 || undefined}>
          <summary>Limits, retries, beginning and end</summary>
          <div className={css["group"]}>
            <LimitFields {...fields} job={job} />
          </div>
        </details>
      </div>
      <div className={css["aside"]}>
        <Section title="What it does">
          <Preview preview={preview} failed={failed} draft={draft} hasRun={props.isSaved} />
        </Section>
        <OtherErrors errors={homeless} />
        {props.failure}
        <FirstWrong errors={errors} />
        <div className={css["actions"]}>
          <Button kind="primary" type="submit" disabled={saving || !canSave}>
            {saving ? "Saving …" : save}
          </Button>
          {props.cancel}
        </div>
        <Equivalent curl={props.curl} command={props.command} />
      </div>
    </form>
  );
}
