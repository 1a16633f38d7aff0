// What an admin sets for a job: merged, checked and written under the lock of its row, then heard of by its schedules.
import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogEntry } from "../catalog/version.ts";
import { type Effect, NO_EFFECT } from "../schedules/effect.ts";
import { type Expected, requireExpected } from "../schedules/expected.ts";
import { type JobSet, patchJob } from "../schedules/job-settings.ts";
import type { ScopePauses } from "../schedules/scope-pauses.ts";
import type { Settler } from "../schedules/settler.ts";

export class JobSettings {
  readonly #catalog: Pick<Catalog, "configure">;
  readonly #settler: Pick<Settler, "suspended">;

  readonly #pauses: Pick<ScopePauses, "wouldPause" | "wouldResume">;

  constructor(
    catalog: Pick<Catalog, "configure">,
    settler: Pick<Settler, "suspended">,
    pauses: Pick<ScopePauses, "wouldPause" | "wouldResume">,
  ) {
    this.#catalog = catalog;
    this.#settler = settler;
    this.#pauses = pauses;
  }

  /** What the patch would do to the fires of the job's schedules; refused as the patch itself, and nothing is changed. */
  async wouldPatch(
    entry: CatalogEntry,
    patch: Readonly<Record<string, unknown>>,
    expected: Expected,
  ): Promise<{ effect: Effect; schedules: number }> {
    requireExpected("job", entry.settings.revision, expected);
    const set = patched(entry, patch);
    const scope = { kind: "job_off", source: entry.source, jobKey: entry.key } as const;
    if (set.enabled === entry.enabled) return { effect: NO_EFFECT, schedules: 0 };
    return set.enabled ? this.#pauses.wouldResume(scope) : this.#pauses.wouldPause(scope);
  }

  async patch(
    source: string,
    key: string,
    patch: Readonly<Record<string, unknown>>,
    expected: Expected,
    actor: string,
  ): Promise<CatalogEntry> {
    let isBack = false;
    const entry = await this.#catalog.configure(source, key, actor, (now) => {
      requireExpected("job", now.settings.revision, expected);
      const set = patched(now, patch);
      isBack = set.enabled && !now.enabled;
      return set;
    });
    // Each schedule that it cost a fire gets its range row now, and not at its next look.
    if (isBack) await this.#settler.suspended();
    return entry;
  }
}

function patched({ enabled, settings }: CatalogEntry, patch: Readonly<Record<string, unknown>>): JobSet {
  return patchJob({ enabled, overrides: settings.overrides, notes: settings.notes }, patch);
}
