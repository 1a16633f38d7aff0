// The state of a form of params: what is typed, which saved secrets stay, and what the service said of it.
import type { FieldError } from "../api/contract.ts";
import { useMemo, useState } from "react";
import {
  completeDraft,
  type Draft,
  type DraftValue,
  patchOf,
  readDraft,
  rebaseDraft,
  same,
  startDraft,
} from "./draft.ts";
import { type Declared, type Field, fieldsOf } from "./fields.ts";
import { NO_ERRORS, type PlacedErrors, placeErrors } from "./field-errors.ts";

export interface ParamsState {
  fields: readonly Field[];
  values: Draft;
  kept: ReadonlySet<string>;
  /** What would be sent for something new, as far as it can be read. */
  params: Record<string, unknown>;
  /** The merge patch over what is saved: nothing that nobody has touched. */
  changes: Record<string, unknown>;
  /** Somebody has typed something, whether it can be read or not. */
  touched: boolean;
  isSaved(name: string): boolean;
  /** Names that are saved and that this version does not declare, and which of them are to be taken away. */
  undeclared: readonly string[];
  dropped: ReadonlySet<string>;
  /** Of each field, from the page itself or from the service. */
  wrongOf(name: string): string | null;
  /** Errors of no field that is drawn. */
  others: readonly string[];
  /** Whether everything that is typed has a JSON form. */
  readable: boolean;
  set(name: string, value: DraftValue): void;
  setKept(name: string, kept: boolean): void;
  drop(name: string, dropped: boolean): void;
  /** Somebody else has saved other params meanwhile: what is typed is laid over them. */
  rebase(saved: Readonly<Record<string, unknown>>): void;
  /** Shows the service's errors at their fields. */
  place(errors: readonly FieldError[]): void;
}

type Params = Readonly<Record<string, unknown>>;
const NONE: Params = {};

/** `saved`: the params that are changed; without it the form is for something new. */
export function useParams(declared: Declared, saved?: Params): ParamsState {
  const fields = useMemo(() => fieldsOf(declared), [declared]);
  const [typed, setState] = useState(() => startDraft(fields, saved));
  const [dropped, setDropped] = useState<ReadonlySet<string>>(new Set());
  const [placed, setPlaced] = useState<PlacedErrors>(NO_ERRORS);
  const state = useMemo(() => completeDraft(fields, typed, saved), [fields, typed, saved]);
  const { params, errors } = useMemo(() => readDraft(fields, state), [fields, state]);
  const patch = useMemo(() => patchOf(fields, state, saved ?? NONE), [fields, state, saved]);
  const wrong = saved === undefined ? errors : patch.errors;
  const undeclared = Object.keys(saved ?? NONE).filter(
    (name) => !fields.some((field) => field.name === name),
  );
  const gone = undeclared.filter((name) => dropped.has(name));
  const without = (name: string) => ({ ...placed, at: { ...placed.at, [name]: [] } });
  return {
    fields,
    values: state.values,
    kept: state.kept,
    params,
    changes: { ...patch.params, ...Object.fromEntries(gone.map((name) => [name, null])) },
    touched: gone.length > 0 || !same(state.values, state.opened),
    isSaved: (name) => saved !== undefined && Object.hasOwn(saved, name),
    undeclared,
    dropped,
    wrongOf: (name) => wrong[name] ?? (placed.at[name]?.length ? placed.at[name].join("; ") : null),
    others: placed.others,
    readable: Object.keys(wrong).length === 0,
    set(name, value) {
      setState((before) => ({ ...before, values: { ...before.values, [name]: value } }));
      // What the service said was said of another value.
      setPlaced(without(name));
    },
    setKept(name, kept) {
      setState((before) => {
        const whole = completeDraft(fields, before, saved);
        const next = new Set(whole.kept);
        if (kept) next.add(name);
        else next.delete(name);
        return { ...whole, values: { ...whole.values, [name]: "" }, kept: next };
      });
    },
    drop: (name, is) =>
      setDropped((before) => new Set(is ? [...before, name] : [...before].filter((one) => one !== name))),
    rebase: (now) => setState((before) => rebaseDraft(fields, completeDraft(fields, before, saved), now)),
    place: (wrong) =>
      setPlaced(
        placeErrors(
          wrong,
          "/params",
          fields.map(({ name }) => name),
        ),
      ),
  };
}
