// Filters by name: some that everybody has, and those that were saved in this browser.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Field } from "../../parts/Field.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { usePreference } from "../../shell/preferences.ts";
import { filterOf, sameFilter, type SavedFilter, USUAL_FILTERS, withSaved } from "../../words/filters.ts";
import type { Fields } from "../../words/search.ts";
import css from "./runs.module.css";

const NONE: readonly SavedFilter[] = [];

export function Saved({ fields }: { fields: Fields }) {
  const [saved, setSaved] = usePreference<readonly SavedFilter[]>("filters", NONE);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const all = [...USUAL_FILTERS, ...saved];
  const known = all.some((one) => sameFilter(one.fields, fields));
  const save = () => {
    if (name.trim() === "") return;
    setSaved(withSaved(saved, { name: name.trim(), fields: filterOf(fields) }));
    setNaming(false);
    setName("");
  };
  return (
    <nav className={css["saved"]} aria-label="Saved filters">
      {all.map((one) => (
        <span key={one.name}>
          <Link
            to="/runs"
            search={one.fields as never}
            aria-current={sameFilter(one.fields, fields) ? "true" : undefined}
            activeProps={{}}
          >
            {one.name}
          </Link>
          {saved.includes(one) && sameFilter(one.fields, fields) && (
            <Button
              kind="plain"
              aria-label={`Forget the filter ${one.name}`}
              onClick={() => setSaved(saved.filter((other) => other !== one))}
            >
              <Icon name="cross" size={10} />
            </Button>
          )}
        </span>
      ))}
      {!known && Object.keys(filterOf(fields)).length > 0 && (
        <Button onClick={() => setNaming(true)}>Save filter</Button>
      )}
      {naming && (
        <Dialog title="Save this filter" onClose={() => setNaming(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              save();
            }}
          >
            <Field
              label="Name"
              hint="It is kept in this browser; to share a filter, send the address of the page."
            >
              {(field) => (
                <input
                  {...field}
                  value={name}
                  maxLength={60}
                  required
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
            <br />
            <DialogActions>
              <Button onClick={() => setNaming(false)}>Cancel</Button>
              <Button type="submit" kind="primary">
                Save
              </Button>
            </DialogActions>
          </form>
        </Dialog>
      )}
    </nav>
  );
}
