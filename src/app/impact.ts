// What a new version means for schedules (R7): those whose saved params do not fit are held at once, and released again.
import type { CatalogChange } from "../catalog/change.ts";
import type { VersionHistory } from "../catalog/history.ts";
import { changeText, type ParamChange, paramChanges } from "../catalog/param-changes.ts";
import { type ExpectedError, messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Controls } from "../schedules/controls.ts";
import { decideHold, type Fit, type FitStore, type Unchecked } from "../schedules/fit.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Schedules } from "../schedules/schedules.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { Params } from "./params.ts";

/** Told once it is committed. */
export type ImpactEvent =
  /** The params of what serves differ from those of what served before. */
  | { kind: "params"; source: string; key: string; hash: string; changes: ParamChange[]; at: number }
  /** A schedule was held because its saved params do not fit, or released because they fit again. */
  | { kind: "held"; schedule: Schedule; at: number }
  | { kind: "released"; schedule: Schedule; at: number };

export interface ImpactParts {
  fits: FitStore;
  history: Pick<VersionHistory, "find">;
  schedules: Pick<Schedules, "list">;
  controls: Pick<Controls, "hold" | "release">;
  params: Params;
  log: Logger;
  now(): number;
  onEvent(event: ImpactEvent): void;
}

/** Schedules that are looked at in one go. */
const BATCH = 200;
/** What no event told: another replica's load, a process that died between a load and this. */
const SWEEP_MS = 30_000;
const ACTOR = "service";

export class Impact {
  readonly #parts: ImpactParts;
  #timer: NodeJS.Timeout | undefined;
  /** One check at a time: a second one would hold what the first one holds. */
  #checking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: ImpactParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.check(), SWEEP_MS);
    this.#timer.unref();
    await this.check();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#checking;
  }

  /**
   * Holds what a version will not fit, before it serves: a fire in between would find that out by failing. Should it
   * not come to serve after all, the next look releases them.
   */
  async prepare(version: { source: string; jobKey: string; hash: string; spec: JobSpec }): Promise<void> {
    const { source, jobKey, hash, spec } = version;
    for (let after: string | undefined = ""; after !== undefined;) {
      const found: Schedule[] = await this.#parts.schedules.list({ source, jobKey, limit: BATCH, after });
      after = found.length === BATCH ? found.at(-1)!.id : undefined;
      const unfit = found.filter((schedule) => this.#fitOf(schedule, spec)?.fits === false);
      await this.#parts.fits.forget(unfit.map(({ id }) => id));
      for (const schedule of unfit) await this.#judge(schedule, { spec, version: hash });
    }
  }

  /** Another version serves a job: tells what changed in its params, and looks at its schedules. */
  changed(change: CatalogChange): void {
    if (change.kind !== "loaded" && change.kind !== "served") return;
    void this.#tellParams(change);
    void this.check({ source: change.source, jobKey: change.key });
  }

  /** Looks at schedules that were not held against what their job serves now. Never rejects. */
  check(job?: { source: string; jobKey: string }): Promise<void> {
    this.#checking = this.#checking.then(() => this.#checkAll(job));
    return this.#checking;
  }

  async #checkAll(job?: { source: string; jobKey: string }): Promise<void> {
    try {
      // By id: what cannot be judged now stays to be looked at, and must neither end this nor be looked at for ever.
      for (let after: string | undefined = ""; after !== undefined && !this.#stopped;) {
        const found: Unchecked[] = await this.#parts.fits.unchecked(BATCH, job, after);
        const ids: string[] = found.flatMap(({ schedules }) => schedules.map(({ id }) => id)).sort();
        for (const group of found) await this.#checkGroup(group);
        after = ids.length < BATCH ? undefined : ids.at(-1);
      }
    } catch (error) {
      if (!this.#stopped)
        this.#parts.log.warn(
          { error: messageOf(error) },
          "schedules could not be held against new params; tried again",
        );
    }
  }

  async #checkGroup(group: Unchecked): Promise<void> {
    const judged: Pick<Schedule, "id" | "revision">[] = [];
    for (const schedule of group.schedules) {
      const now = await this.#judge(schedule, group);
      if (now) judged.push(now);
    }
    await this.#parts.fits.checked(judged, group.digest);
  }

  /** The schedule as it is afterwards; undefined when it could not be judged: its secrets cannot be opened, or it was changed meanwhile. */
  async #judge(
    schedule: Schedule,
    { spec, version }: Pick<Unchecked, "spec" | "version">,
  ): Promise<Schedule | undefined> {
    const fit = this.#fitOf(schedule, spec);
    if (fit === undefined) return undefined;
    const decision = decideHold(schedule, fit, version);
    if (decision === undefined) return schedule;
    const { controls, now, onEvent } = this.#parts;
    try {
      if (decision === "release") {
        const why = `the saved params fit version ${version.slice(0, 7)}`;
        const released = await controls.release(schedule.id, why, ACTOR, schedule.revision);
        onEvent({ kind: "released", schedule: released, at: now() });
        return released;
      }
      const held = await controls.hold(schedule.id, decision.hold, ACTOR, schedule.revision);
      onEvent({ kind: "held", schedule: held, at: now() });
      return held;
    } catch (error) {
      // Deleted meanwhile: there is nothing to hold. Changed meanwhile: it is judged anew as it is now, at the next look.
      const { status } = error as Partial<ExpectedError>;
      if (status === 404 || status === 412) return undefined;
      throw error;
    }
  }

  /** Undefined when its secrets cannot be opened. */
  #fitOf(schedule: Schedule, spec: JobSpec): Fit | undefined {
    const opened = this.#parts.params.open(spec, schedule.params);
    if (opened.ok) return { fits: true };
    if (opened.errors.some(({ code }) => code === "sealed")) return undefined;
    return { fits: false, errors: opened.errors.map(withParams) };
  }

  async #tellParams(change: Extract<CatalogChange, { kind: "loaded" | "served" }>): Promise<void> {
    const { source, key, spec, previous } = change;
    const serves = change.kind === "served" || change.served === change.hash;
    if (previous === null || !serves || previous === change.hash) return;
    const { history, log, now, onEvent } = this.#parts;
    try {
      const [before] = await history.find(source, key, previous);
      const changes = before ? paramChanges(before.spec, spec) : [];
      if (changes.length > 0) onEvent({ kind: "params", source, key, hash: change.hash, changes, at: now() });
    } catch (error) {
      log.debug({ job: key, error: messageOf(error) }, "what changed in its params could not be told");
    }
  }
}

/** Pointers lead into the schedule, as those of a refused PATCH do. */
function withParams<E extends { pointer: string }>(error: E): E {
  return { ...error, pointer: `/params${error.pointer}` };
}

export function logImpact(event: ImpactEvent, log: Logger): void {
  if (event.kind === "params") {
    const { source, key, changes } = event;
    return log.info({ job: key, source }, `its params changed: ${changes.map(changeText).join("; ")}`);
  }
  const { id, jobKey, source, held } = event.schedule;
  const fields = { schedule: id, job: jobKey, source };
  if (event.kind === "held") log.warn(fields, `held: ${held?.reason ?? ""}`);
  else log.info(fields, "released: its saved params fit again");
}
