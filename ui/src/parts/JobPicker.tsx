// One job of all: a list where all have room in it, and a field that searches as one types where they do not.
import { type InputHTMLAttributes, type SelectHTMLAttributes, useId, useState } from "react";
import { jobAddress, shownJob } from "../words/address.ts";
import { type JobChoices, useFoundJobs } from "./job-choices.ts";

interface JobPickerProps {
  choices: JobChoices;
  /** Its address; undefined while none is chosen. */
  value: string | undefined;
  onPick(address: string | undefined): void;
  /** What stands there while none is chosen. */
  none: string;
  attributes?: Pick<
    SelectHTMLAttributes<HTMLSelectElement> & InputHTMLAttributes<HTMLInputElement>,
    "id" | "aria-describedby" | "aria-invalid"
  > & { "data-key"?: string };
}

export function JobPicker(props: JobPickerProps) {
  const { choices, value, onPick, none, attributes } = props;
  if (choices.hasMore) return <Search {...props} />;
  const isListed = choices.jobs.some((job) => jobAddress(job) === value);
  return (
    <select {...attributes} value={value ?? ""} onChange={({ target }) => onPick(target.value || undefined)}>
      <option value="">{none}</option>
      {value !== undefined && !isListed && <option value={value}>{value}</option>}
      {choices.jobs.map((job) => (
        <option key={jobAddress(job)} value={jobAddress(job)}>
          {job.name} ({shownJob(job)})
        </option>
      ))}
    </select>
  );
}

/** Its own words while one types; a job is chosen once its whole key stands there, from the list or typed. */
function Search({ value, onPick, none, attributes }: JobPickerProps) {
  const list = useId();
  const shown = value?.replace(/^default:/, "") ?? "";
  const [text, setText] = useState(shown);
  const [drawn, setDrawn] = useState(shown);
  // Chosen here or elsewhere: the field stays, and with it the focus.
  if (drawn !== shown) {
    setDrawn(shown);
    setText(shown);
  }
  const found = useFoundJobs(text === shown ? "" : text);
  const addressOf = (typed: string) => {
    const meant = found.find((job) => shownJob(job) === typed || jobAddress(job) === typed);
    return meant && jobAddress(meant);
  };
  const take = (typed: string) => {
    const address = addressOf(typed.trim());
    if (address !== undefined && address !== value) onPick(address);
    else if (typed === "" && value !== undefined) onPick(undefined);
  };
  return (
    <>
      <input
        {...attributes}
        type="search"
        list={list}
        value={text}
        placeholder={`${none}: type a name`}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => {
          setText(target.value);
          take(target.value);
        }}
        onBlur={() => take(text)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          // The only one that is found is the one that is meant.
          event.preventDefault();
          take(found.length === 1 && text !== "" ? shownJob(found[0]!) : text);
        }}
      />
      <datalist id={list}>
        {found.map((job) => (
          <option key={jobAddress(job)} value={shownJob(job)}>
            {job.name}
          </option>
        ))}
      </datalist>
    </>
  );
}
