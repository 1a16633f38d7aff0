// One param as a field of a form: drawn by its kind, with what it means, what it must be, and what is wrong with it.
import type { ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { Field as Labelled } from "../parts/Field.tsx";
import type { DraftValue } from "./draft.ts";
import { boundsOf, type Field } from "./fields.ts";
import { Items } from "./Items.tsx";
import css from "./form.module.css";

export interface ParamFieldProps {
  field: Field;
  value: DraftValue;
  onChange(value: DraftValue): void;
  wrong: string | null;
  /** A saved secret that stays as it is. */
  kept: boolean;
  /** A secret is saved, kept or not. */
  isSaved: boolean;
  /** Somebody wants to give the secret anew, or to keep it after all. */
  onKept(kept: boolean): void;
}

export function ParamField(props: ParamFieldProps) {
  const { field, wrong } = props;
  if (field.kind === "switch" || field.kind === "choices" || field.kind === "items")
    return <Set {...props} />;
  return (
    <Labelled label={<Title field={field} />} hint={<Hint field={field} />} wrong={wrong}>
      {(attributes) => <Control {...props} attributes={attributes} />}
    </Labelled>
  );
}

function Title({ field }: { field: Field }) {
  return (
    <>
      {field.label}
      {field.label !== field.name && <code className={css["name"]}>{field.name}</code>}
      {!field.required && <span className={css["optional"]}>optional</span>}
    </>
  );
}

function Hint({ field }: { field: Field }) {
  const { description, example, default: fallback } = field.definition;
  const said: ReactNode[] = [description, boundsOf(field).join(", ")].filter(Boolean);
  if (example !== undefined) {
    said.push(
      <>
        for example <code>{shown(example)}</code>
      </>,
    );
  }
  if (fallback !== undefined) {
    said.push(
      <>
        default <code>{shown(fallback)}</code>
      </>,
    );
  }
  if (said.length === 0) return null;
  return said.map((one, i) => (
    <span key={i}>
      {i > 0 && " · "}
      {one}
    </span>
  ));
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

interface ControlProps extends ParamFieldProps {
  attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: true };
}

function Control(props: ControlProps) {
  const { field, value, onChange, attributes } = props;
  const { definition, kind, required } = field;
  const text = typeof value === "string" ? value : "";
  const usual = {
    ...attributes,
    value: text,
    placeholder: definition.placeholder,
    "aria-required": required || undefined,
    spellCheck: false,
    autoComplete: "off",
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  switch (kind) {
    case "secret":
      return <Secret {...props} usual={usual} />;
    case "lines":
      return <textarea {...usual} rows={4} className={css["wide"]} />;
    case "json":
      return <textarea {...usual} rows={6} className={`${css["wide"]} ${css["mono"]}`} />;
    case "number":
      return (
        <input
          {...usual}
          inputMode={definition.type === "integer" ? "numeric" : "decimal"}
          className={css["short"]}
        />
      );
    case "date":
      return <input {...usual} type="date" className={css["short"]} />;
    case "datetime":
      return <DateTime {...props} usual={usual} />;
    case "choice":
      return (
        <select {...usual}>
          {(!required || text === "") && <option value="">{required ? "Choose …" : "not given"}</option>}
          {definition.options?.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      );
    default:
      return <input {...usual} type={INPUTS[definition.type] ?? "text"} className={css["wide"]} />;
  }
}

const INPUTS: Readonly<Record<string, string>> = { url: "url", email: "email" };

interface UsualProps {
  usual: React.ComponentProps<"input"> & React.ComponentProps<"textarea">;
}

/** Never shown again once it is saved: it is kept, or given anew. */
function Secret({ field, kept, isSaved, onKept, onChange, usual }: ControlProps & UsualProps) {
  if (kept) {
    return (
      <span className={css["kept"]}>
        <span id={usual.id}>••••••••, saved and not shown</span>
        <Button onClick={() => onKept(false)}>Replace</Button>
      </span>
    );
  }
  const keep = isSaved && <Button onClick={() => onKept(true)}>Keep the saved one</Button>;
  if (field.definition.type === "text" || field.definition.type === "json") {
    return (
      <>
        <textarea {...usual} rows={4} className={`${css["wide"]} ${css["masked"]}`} autoComplete="off" />
        {keep}
      </>
    );
  }
  return (
    <span className={css["kept"]}>
      <input {...usual} type="password" autoComplete="new-password" className={css["wide"]} />
      {usual.value !== "" && <Button onClick={() => onChange("")}>Clear</Button>}
      {keep}
    </span>
  );
}

/** The browser's own picker knows no zone: the field says that it is UTC. */
function DateTime({ value, usual }: ControlProps & UsualProps) {
  const text = typeof value === "string" ? value.replace(/(?:\.000)?Z$/, "") : "";
  const fits = text === "" || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/.test(text);
  if (!fits) return <input {...usual} className={css["wide"]} />;
  return (
    <span className={css["kept"]}>
      <input {...usual} type="datetime-local" step={1} value={text} />
      UTC
    </span>
  );
}

/** What is a set of controls has a legend and no label. */
function Set(props: ParamFieldProps) {
  const { field, value, onChange, wrong } = props;
  return (
    <fieldset className={css["set"]} aria-invalid={wrong ? true : undefined}>
      <legend>
        <Title field={field} />
      </legend>
      {field.kind === "switch" ? (
        <Switch {...props} />
      ) : field.kind === "items" ? (
        <Items field={field} items={typeof value === "string" ? [] : value} onChange={onChange} />
      ) : (
        <Choices {...props} />
      )}
      <span className={css["hint"]}>
        <Hint field={field} />
      </span>
      {wrong && (
        <span className={css["wrong"]} role="alert">
          {wrong}
        </span>
      )}
    </fieldset>
  );
}

/** Yes and no are two answers; where there is no default, none is a third. */
function Switch({ field, value, onChange }: ParamFieldProps) {
  const none = field.definition.default === undefined && !field.required;
  const answers = [["true", "yes"], ["false", "no"], ...(none ? [["", "not given"]] : [])] as const;
  return (
    <span className={css["answers"]}>
      {answers.map(([answer, word]) => (
        <label key={answer}>
          <input
            type="radio"
            name={field.name}
            checked={value === answer}
            onChange={() => onChange(answer!)}
          />{" "}
          {word}
        </label>
      ))}
    </span>
  );
}

function Choices({ field, value, onChange }: ParamFieldProps) {
  const chosen = typeof value === "string" ? [] : value;
  const options = field.definition.options ?? [];
  return (
    <span className={css["answers"]}>
      {options.map((option) => (
        <label key={option}>
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={(event) =>
              onChange(
                options.filter((one) => (one === option ? event.target.checked : chosen.includes(one))),
              )
            }
          />{" "}
          {option}
        </label>
      ))}
    </span>
  );
}
