// Sets rules of a job's runs above what its code declares, or takes them back.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, send } from "../../api/client.ts";
import type { Job } from "../../api/contract.ts";
import { isPlaced, sayWhere } from "../../form/field-errors.ts";
import { OtherErrors } from "../../form/ParamsForm.tsx";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Field } from "../../parts/Field.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { useLiveUpdates } from "../../shell/hooks.ts";
import { jobAddress } from "../../words/address.ts";
import { plainWords } from "../../words/states.ts";
import { OVERLAPS, saysOf } from "../editor/policies.ts";
import { overrideAt, overridesOf, overridesPatch, type OverridesField } from "./overrides.ts";
import { inLabels } from "../../words/places.ts";
import form from "../../form/form.module.css";

interface OverridesProps {
  job: Job;
  etag: string;
  onClose(): void;
}

const TEXTS: readonly (readonly [OverridesField, string, string])[] = [
  ["timeout", "Timeout of an attempt", "Such as 10m"],
  ["attempts", "Tries", "All counted, 1 for no retry"],
  ["backoff", "Wait before the second try", "Such as 30s"],
  ["factor", "Each wait longer by the factor", "1 keeps it as it is"],
  ["longest", "Longest wait", "Such as 1h"],
  ["concurrency", "At a time", "So many of its runs execute beside each other, at most"],
  ["maxFailedShare", "Most failed records", "As a share from 0 to 1; above it a run fails"],
];

/** They mean nothing without a number of tries. */
const WAITS: ReadonlySet<OverridesField> = new Set(["backoff", "factor", "longest"]);

export function OverridesDialog({ job, etag, onClose }: OverridesProps) {
  // As they were when it was opened, with the ETag of then: over a change that came meanwhile nothing is written.
  const [opened] = useState(() => ({ draft: overridesOf(job), etag }));
  const [draft, setDraft] = useState(opened.draft);
  const live = useLiveUpdates();
  const patch = overridesPatch(opened.draft, draft);
  const change = useMutation({
    mutationFn: () =>
      send<Job>("PATCH", `/jobs/${encodeURIComponent(jobAddress(job))}`, {
        body: patch,
        ifMatch: opened.etag,
      }),
    onSuccess() {
      live.refresh();
      onClose();
    },
  });
  const refused = change.error instanceof ApiError && isPlaced(change.error) ? change.error.fields : [];
  const wrongOf = (field: OverridesField) =>
    refused
      .filter(({ pointer }) => overrideAt(pointer) === field)
      .map(({ message }) => inLabels(message))
      .join("; ") || null;
  const homeless = refused
    .filter(({ pointer }) => overrideAt(pointer) === undefined)
    .map(({ pointer, message }) => sayWhere(pointer, message));
  const set = (field: OverridesField, value: string) => setDraft({ ...draft, [field]: value });
  return (
    <Dialog title={`Rules of ${job.name}`} onClose={onClose}>
      <form
        className={form["form"]}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (Object.keys(patch).length > 0) change.mutate();
        }}
      >
        <p>They hold for runs that begin from now on. An empty field is as the job&apos;s code says.</p>
        {TEXTS.filter(([field]) => draft.attempts.trim() !== "" || !WAITS.has(field)).map(
          ([field, label, hint]) => (
            <Field key={field} label={label} hint={hint} wrong={wrongOf(field)}>
              {(attributes) => (
                <input
                  {...attributes}
                  className={form["short"]}
                  value={draft[field]}
                  spellCheck={false}
                  autoComplete="off"
                  onChange={(event) => set(field, event.target.value)}
                />
              )}
            </Field>
          ),
        )}
        <Field
          label="A fire while one runs"
          hint={
            draft.overlap === ""
              ? "Of schedules that do not say it themselves"
              : saysOf(OVERLAPS, draft.overlap)
          }
          wrong={wrongOf("overlap")}
        >
          {(attributes) => (
            <select
              {...attributes}
              value={draft.overlap}
              onChange={(event) => set("overlap", event.target.value)}
            >
              <option value="">as the job says</option>
              {OVERLAPS.map(([value]) => (
                <option key={value} value={value}>
                  {plainWords(value)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Notes" hint="For whoever comes next" wrong={wrongOf("notes")}>
          {(attributes) => (
            <textarea
              {...attributes}
              className={form["wide"]}
              rows={3}
              value={draft.notes}
              onChange={(event) => set("notes", event.target.value)}
            />
          )}
        </Field>
        <OtherErrors errors={homeless} />
        {change.error && refused.length === 0 && <ErrorState error={change.error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={change.isPending || Object.keys(patch).length === 0}>
            Save the rules
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
