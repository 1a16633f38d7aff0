// The fields of a schedule: when, how, with which params; beside them what they mean.
import { type ReactNode, useId } from "react";
import type { Job } from "../../api/contract.ts";
import { InstantInput } from "../../form/InstantInput.tsx";
import { Field } from "../../parts/Field.tsx";
import { plainWords } from "../../words/states.ts";
import { durationText } from "../../words/time.ts";
import { CATCH_UPS, type Choices, GAPS, OVERLAPS, REPEATS, saysOf } from "./policies.ts";
import { type DraftField, type Kind, KINDS, type ScheduleDraft } from "./schedule-draft.ts";
import css from "./editor.module.css";

export interface DraftProps {
  draft: ScheduleDraft;
  onChange(change: Partial<ScheduleDraft>): void;
  wrongOf(field: DraftField): string | null;
}

const KIND_WORDS: Readonly<Record<Kind, string>> = { cron: "Cron", every: "Interval", at: "Once" };

export function WhenFields(props: DraftProps) {
  const { draft, onChange } = props;
  const { kind } = draft;
  return (
    <>
      <fieldset className={css["kinds"]}>
        <legend>When</legend>
        {KINDS.map((one) => (
          <label key={one}>
            <input type="radio" name="kind" checked={kind === one} onChange={() => onChange({ kind: one })} />{" "}
            {KIND_WORDS[one]}
          </label>
        ))}
      </fieldset>
      {kind === "cron" && (
        <Text
          {...props}
          field="cron"
          label="Cron"
          mono
          hint="minute hour day month weekday, with seconds before them if there are six; or @daily and its kin. L, W and # are read too."
        />
      )}
      {kind === "every" && (
        <>
          <Text
            {...props}
            field="every"
            label="Every"
            mono
            hint="Such as 90s, 15m, 2h, 1d. It counts elapsed time, not the clock."
          />
          <Instant
            {...props}
            field="anchorAt"
            label="Counted from"
            hint="Unless given: when the schedule is made"
          />
        </>
      )}
      {kind === "at" && <Instant {...props} field="at" label="At" />}
      <ZoneField {...props} />
    </>
  );
}

/** Any name of the list, or typed. */
function ZoneField(props: DraftProps) {
  const list = useId();
  const { draft, onChange, wrongOf } = props;
  return (
    <Field label="Time zone" hint="The clock that it goes by" wrong={wrongOf("timeZone")}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            list={list}
            value={draft.timeZone}
            spellCheck={false}
            onChange={(event) => onChange({ timeZone: event.target.value })}
          />
          <datalist id={list}>
            {ZONES.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

export function PolicyFields({ job, ...props }: DraftProps & { job: Job | undefined }) {
  const { draft } = props;
  const own = job?.overlap ?? "skip";
  return (
    <>
      <Choice
        {...props}
        field="overlap"
        label="When a run still goes on"
        choices={[
          ...(draft.overlap === "" ? [["", `as the job says (${plainWords(own)})`] as const] : []),
          ...OVERLAPS,
        ]}
        says={draft.overlap === "" ? saysOf(OVERLAPS, own) : undefined}
      />
      <Choice {...props} field="catchUp" label="When the service was down" choices={CATCH_UPS} />
      {draft.catchUp !== "skip" && (
        <Text
          {...props}
          field="window"
          label="Missed at most so long ago"
          hint="Such as 1h or 2d; what is older never runs"
        />
      )}
      {draft.catchUp === "all" && (
        <Text {...props} field="most" label="Missed fires that run" hint="1 to 100" />
      )}
      {draft.kind === "cron" && (
        <>
          <Choice {...props} field="gap" label="When the clocks go forward" choices={GAPS} />
          <Choice {...props} field="repeat" label="When the clocks go back" choices={REPEATS} />
        </>
      )}
      <Text
        {...props}
        field="jitter"
        label="Later by up to"
        hint="Spreads load: always by the same for one schedule. Such as 2m"
      />
    </>
  );
}

export function LimitFields({ job, ...props }: DraftProps & { job: Job | undefined }) {
  const timeout = job?.timeoutMs ? durationText(job.timeoutMs) : "its own";
  return (
    <>
      <Text
        {...props}
        field="timeout"
        label="Timeout of an attempt"
        hint={`Such as 10m; the job's unless given (${timeout})`}
      />
      <Text
        {...props}
        field="attempts"
        label="Tries"
        hint={`All counted, 1 for no retry; the job's unless given (${job?.retries?.attempts ?? 1})`}
      />
      {props.draft.attempts !== "" && (
        <>
          <Text {...props} field="backoff" label="Wait before the second try" hint="10s unless given" />
          <Text {...props} field="factor" label="Each wait longer by the factor" hint="1 keeps it as it is" />
          <Text {...props} field="longest" label="Longest wait" hint="1h unless given" />
        </>
      )}
      <Instant {...props} field="startAt" label="Not before" />
      <Instant {...props} field="endAt" label="Not after" />
      <Text {...props} field="maxRuns" label="Most runs" hint="It is over after so many" />
      <Text
        {...props}
        field="maxFailedShare"
        label="Most failed records"
        hint="As a share from 0 to 1; above it a run fails"
      />
      <Text
        {...props}
        field="pauseAfterFailures"
        label="Pause after failures in a row"
        hint="It pauses itself and says why"
      />
    </>
  );
}

interface OneProps extends DraftProps {
  field: DraftField;
  label: string;
  hint?: ReactNode;
}

export function Text({ draft, onChange, wrongOf, field, label, hint, mono }: OneProps & { mono?: boolean }) {
  return (
    <Field label={label} hint={hint} wrong={wrongOf(field)}>
      {(attributes) => (
        <input
          {...attributes}
          className={mono ? css["mono"] : undefined}
          value={draft[field]}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
}

function Instant({ draft, onChange, wrongOf, field, label, hint }: OneProps) {
  const zone = draft.timeZone.trim() || "UTC";
  return (
    <Field label={label} hint={hint} wrong={wrongOf(field)}>
      {(attributes) => (
        <InstantInput
          {...attributes}
          value={draft[field]}
          zone={zone}
          onChange={(value) => onChange({ [field]: value })}
        />
      )}
    </Field>
  );
}

function Choice(props: OneProps & { choices: Choices; says?: string }) {
  const { draft, onChange, wrongOf, field, label, choices, says } = props;
  return (
    <Field label={label} hint={says ?? saysOf(choices, draft[field])} wrong={wrongOf(field)}>
      {(attributes) => (
        <select
          {...attributes}
          value={draft[field]}
          onChange={(event) => onChange({ [field]: event.target.value })}
        >
          {choices.map(([value, word]) => (
            <option key={value} value={value}>
              {value === "" ? word : plainWords(value)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
