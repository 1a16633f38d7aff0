// The filter of the runs list as fields; what has no field of its own is shown as a word that can be taken out.
import { type FormEvent, useRef } from "react";
import type { RunState, Trigger } from "../../api/contract.ts";
import { Button } from "../../parts/Button.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useJobChoices } from "../../parts/job-choices.ts";
import { JobPicker } from "../../parts/JobPicker.tsx";
import { filterOf } from "../../words/filters.ts";
import { type Fields, toggled, wordsOf } from "../../words/search.ts";
import { runLook } from "../../words/states.ts";
import css from "./runs.module.css";

const STATES: readonly RunState[] = [
  "failed",
  "running",
  "retrying",
  "queued",
  "succeeded",
  "cancelled",
  "skipped",
];
const TRIGGERS: readonly Trigger[] = ["schedule", "manual", "api", "retry", "backfill", "cli"];
const SPANS = [
  ["1h", "last hour"],
  ["24h", "last 24 hours"],
  ["7d", "last 7 days"],
  ["30d", "last 30 days"],
] as const;
/** Shown as words: they come with links. */
const OTHERS = ["source", "schedule", "batch", "reason", "recordsFailed", "until"] as const;

interface FiltersProps {
  fields: Fields;
  /** The list is there. */
  isShown: boolean;
  change(fields: Fields): void;
}

export function Filters({ fields, isShown, change }: FiltersProps) {
  const choices = useJobChoices(isShown);
  const text = useRef<HTMLInputElement>(null);
  const since = fields["since"];
  const search = (event: FormEvent) => {
    event.preventDefault();
    change({ text: text.current?.value.trim() || undefined });
  };
  return (
    <form className={css["filters"]} role="search" aria-label="Filter the runs" onSubmit={search}>
      <fieldset>
        <legend>State</legend>
        <span className={css["states"]}>
          {STATES.map((state) => (
            <button
              key={state}
              type="button"
              aria-pressed={wordsOf(fields["state"]).includes(state)}
              onClick={() => change({ state: toggled(fields["state"], state) })}
            >
              <Icon name={runLook(state).icon} size={12} />
              {state}
            </button>
          ))}
        </span>
      </fieldset>
      <label>
        Job
        <JobPicker
          choices={choices}
          value={fields["job"]}
          onPick={(job) => change({ job })}
          none="all jobs"
          attributes={{ "data-key": "f" }}
        />
      </label>
      <label>
        Started by
        <select value={fields["trigger"] ?? ""} onChange={(event) => change({ trigger: event.target.value })}>
          <option value="">anything</option>
          {fields["trigger"] && !TRIGGERS.includes(fields["trigger"] as Trigger) && (
            <option value={fields["trigger"]}>{fields["trigger"]}</option>
          )}
          {TRIGGERS.map((trigger) => (
            <option key={trigger}>{trigger}</option>
          ))}
        </select>
      </label>
      <label>
        Queued
        <select
          value={since ?? ""}
          onChange={(event) => change({ since: event.target.value, until: undefined })}
        >
          <option value="">at any time</option>
          {since && !SPANS.some(([span]) => span === since) && <option value={since}>since {since}</option>}
          {SPANS.map(([span, name]) => (
            <option key={span} value={span}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Text
        <input
          ref={text}
          type="search"
          data-key="/"
          key={fields["text"] ?? ""}
          defaultValue={fields["text"] ?? ""}
          placeholder="error, cause, job"
          maxLength={200}
        />
      </label>
      <Button type="submit">Search</Button>
      <span className={css["states"]}>
        {OTHERS.filter((name) => fields[name]).map((name) => (
          <button
            key={name}
            type="button"
            aria-label={`Without ${name} ${fields[name]}`}
            onClick={() => change({ [name]: undefined })}
          >
            {name}: {fields[name]} <Icon name="cross" size={10} />
          </button>
        ))}
        {Object.keys(filterOf(fields)).length > 0 && (
          <Button
            kind="plain"
            onClick={() =>
              change(Object.fromEntries(Object.keys(filterOf(fields)).map((name) => [name, undefined])))
            }
          >
            Clear
          </Button>
        )}
      </span>
    </form>
  );
}
