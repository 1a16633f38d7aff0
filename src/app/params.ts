// Params on their way: checked against the job's spec, secrets sealed before they are saved and opened before they run.
import { isSealed, SealError, type Vault } from "../db/secrets.ts";
import { type FieldError, invalid } from "../errors.ts";
import { checkSchema } from "../json-schema.ts";
import { checkParams, secretParams } from "../sdk/params.ts";
import type { JobSpec } from "../sdk/spec.ts";

type Values = Record<string, unknown>;

export class Params {
  readonly #vault: Vault;
  /** Asked for each attempt. */
  readonly #namesOf = new WeakMap<JobSpec, readonly string[]>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Checked and decoded, defaults filled in; throws ExpectedError 422 with pointers below /params. */
  check(spec: JobSpec, params: Values): Values {
    const checked = checkParams(spec, params, { pointer: "/params", checkSchema });
    if (!checked.ok) throw invalid(checked.errors);
    return checked.values;
  }

  /**
   * Checked as above, and secrets sealed: as they are saved. On an edit a secret given as `{ "secret": true }`, the
   * way the API shows it, keeps its `saved` value.
   */
  save(spec: JobSpec, params: Values, saved: Values = {}): Values {
    const secrets = secretParams(spec);
    const given = { ...params };
    for (const name of secrets) {
      if (isShownSecret(given[name]) && isSealed(saved[name])) given[name] = saved[name];
    }
    const checked = checkParams(spec, given, { pointer: "/params", checkSchema, isSealed });
    if (!checked.ok) throw invalid(checked.errors);
    return this.#vault.sealParams(checked.values, secrets);
  }

  /** Opened and checked against the version that is about to run, with the values of the secret ones. */
  open(
    spec: JobSpec,
    saved: Values,
  ):
    { ok: true; values: Values; secrets: readonly unknown[] } | { ok: false; errors: readonly FieldError[] } {
    try {
      const checked = checkParams(spec, this.#vault.openParams(saved), { checkSchema });
      if (!checked.ok) return checked;
      const { values } = checked;
      return { ok: true, values, secrets: this.#secretNames(spec).map((name) => values[name]) };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      return { ok: false, errors: [{ pointer: "/params", code: "sealed", message: error.message }] };
    }
  }

  #secretNames(spec: JobSpec): readonly string[] {
    let names = this.#namesOf.get(spec);
    if (!names) this.#namesOf.set(spec, (names = secretParams(spec)));
    return names;
  }
}

function isShownSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { secret?: unknown }).secret === true;
}
