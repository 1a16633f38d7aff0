// The params of a job as a form, drawn from what the job declares.
import { type Declared, groupsOf } from "./fields.ts";
import { ParamField } from "./ParamField.tsx";
import type { ParamsState } from "./use-params.ts";
import css from "./form.module.css";

export function ParamsForm({ declared, state }: { declared: Declared; state: ParamsState }) {
  if (state.fields.length === 0 && state.undeclared.length === 0) return <p>This job takes no params.</p>;
  return (
    <div className={css["form"]}>
      {groupsOf(declared).map(({ rule }) => (
        <p key={rule} className={css["rule"]}>
          {rule}
        </p>
      ))}
      {state.fields.map((field) => (
        <ParamField
          key={field.name}
          field={field}
          value={state.values[field.name] ?? ""}
          onChange={(value) => state.set(field.name, value)}
          wrong={state.wrongOf(field.name)}
          kept={state.kept.has(field.name)}
          isSaved={state.isSaved(field.name)}
          onKept={(kept) => state.setKept(field.name, kept)}
        />
      ))}
      {state.undeclared.length > 0 && <Undeclared state={state} />}
    </div>
  );
}

/** Another version may take them, so nothing takes them away unasked. */
function Undeclared({ state }: { state: ParamsState }) {
  return (
    <fieldset className={css["set"]}>
      <legend>Saved, and not declared by the version that serves now</legend>
      {state.undeclared.map((name) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={state.dropped.has(name)}
            onChange={(event) => state.drop(name, event.target.checked)}
          />{" "}
          take away <code>{name}</code>
        </label>
      ))}
    </fieldset>
  );
}

export function OtherErrors({ errors }: { errors: readonly string[] }) {
  if (errors.length === 0) return null;
  return (
    <ul className={css["errors"]} role="alert">
      {errors.map((error) => (
        <li key={error}>{error}</li>
      ))}
    </ul>
  );
}
