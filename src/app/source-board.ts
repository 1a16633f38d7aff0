// What all processes together know of the sources: who publishes each, which are away, which nobody has any more.
import { readdir } from "node:fs/promises";
import { isEmptyRoot } from "../catalog/scan.ts";
import { type SourceLife, type SourceStore, type Standing, standingOf } from "../catalog/source-lives.ts";
import type { SourceLocation } from "../config.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";

export interface BoardParts {
  store: SourceStore;
  /** The mounted ones, without the built-in. */
  sources: readonly SourceLocation[];
  /** Whether this process sees the folder now. */
  isAvailable(source: string): boolean;
  replica: string;
  /** True where no other process can be: on SQLite. */
  alone: boolean;
  beatMs: number;
  leaseMs: number;
  now(): number;
  log: Logger;
  /** This process publishes the source from now on. */
  onGained(source: string): void;
}

/** Schedules of a source that nobody has any more. */
export interface Orphaned {
  source: string;
  jobs: number;
  schedules: number;
  /** A source that has most of its jobs: perhaps it was renamed. */
  like: string | null;
}

/** Orphans are looked for in one of so many beats. */
const BEATS_TO_LOOK = 6;

export class SourceBoard {
  readonly #parts: BoardParts;
  #lives = new Map<string, SourceLife>();
  #mine = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #stopped = false;
  #beats = 0;
  /** As they were last looked for; the log was told of them. */
  #orphans: Orphaned[] = [];

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  /** Before the catalog starts: what is published first has its publisher then. */
  async start(): Promise<void> {
    const there = new Set<string>();
    for (const { name, path } of this.#parts.sources) {
      const names = await readdir(path).catch(() => []);
      if (!isEmptyRoot(names)) there.add(name);
    }
    await this.#beat((source) => there.has(source));
    this.#timer = setInterval(() => void this.beat(), this.#parts.beatMs);
    this.#timer.unref();
  }

  /** Others may publish at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#beating;
    await this.#parts.store.giveUp(this.#parts.replica).catch(() => undefined);
  }

  /** Says anew what this process sees; also asked for when that changes. One at a time, never rejects. */
  beat(): Promise<void> {
    this.#beating = this.#beating.then(() =>
      this.#stopped ? undefined : this.#beat((source) => this.#parts.isAvailable(source)),
    );
    return this.#beating;
  }

  /** Whether this process publishes what the folder of the source holds. */
  mayPublish(source: string): boolean {
    if (this.#parts.alone || !this.#parts.sources.some(({ name }) => name === source)) return true;
    const life = this.#lives.get(source);
    return life?.writer === this.#parts.replica && life.writerUntil > this.#parts.now();
  }

  /** Undefined for a source that was never heard of. */
  standingOf(source: string, silentMs = this.#parts.leaseMs): Standing | undefined {
    const { alone, sources, isAvailable, now } = this.#parts;
    const isOurs = sources.some(({ name }) => name === source);
    if (isOurs && isAvailable(source)) return { state: "served" };
    const life = this.#lives.get(source);
    if (!life) return undefined;
    // Nobody else can have it: there is nothing to wait for.
    if (alone && !isOurs) return { state: "orphaned", since: life.seenAt };
    return standingOf(life, now(), silentMs);
  }

  /** Sources with jobs or schedules that no process has any more; three beats without a word are enough to say so. */
  async orphaned(): Promise<Orphaned[]> {
    const counts = await this.#parts.store.counts();
    const found: Orphaned[] = [];
    for (const [source, { jobs, schedules }] of counts) {
      if (source === "builtin" || !this.#isOrphaned(source)) continue;
      const like = this.#parts.sources.find(({ name }) => {
        const own = new Set(counts.get(name)?.jobs ?? []);
        return jobs.length > 0 && jobs.filter((key) => own.has(key)).length * 2 > jobs.length;
      });
      found.push({ source, jobs: jobs.length, schedules, like: like?.name ?? null });
    }
    return found;
  }

  /** Orphans with schedules, as they were last looked for. */
  get orphans(): readonly Orphaned[] {
    return this.#orphans;
  }

  #isOrphaned(source: string): boolean {
    const { beatMs, leaseMs } = this.#parts;
    return this.standingOf(source, Math.min(3 * beatMs, leaseMs))?.state === "orphaned";
  }

  /** Says in the log what became an orphan since the last time. */
  async #tellOrphaned(): Promise<void> {
    const told = new Set(this.#orphans.map(({ source }) => source));
    this.#orphans = (await this.orphaned()).filter(({ schedules }) => schedules > 0);
    for (const one of this.#orphans) {
      if (told.has(one.source)) continue;
      this.#parts.log.warn({ source: one.source, schedules: one.schedules }, orphanedText(one));
    }
  }

  async #beat(isAvailable: (source: string) => boolean): Promise<void> {
    const { store, sources, replica, now, leaseMs, log, onGained } = this.#parts;
    try {
      const words = sources.map(({ name }) => ({ name, available: isAvailable(name) }));
      const lives = await store.beat(replica, words, now(), leaseMs);
      this.#lives = new Map(lives.map((life) => [life.name, life]));
    } catch (error) {
      log.debug({ error: messageOf(error) }, "what is known of the sources could not be written");
      return;
    }
    const before = this.#mine;
    this.#mine = new Set(sources.map(({ name }) => name).filter((name) => this.mayPublish(name)));
    for (const source of this.#mine) if (!before.has(source)) onGained(source);
    if (this.#beats++ % BEATS_TO_LOOK === 0) await this.#tellOrphaned().catch(() => undefined);
  }
}

/** One sentence with the next step; for the log, the start and GET /sources. */
export function orphanedText({ source, jobs, schedules, like }: Orphaned): string {
  const plural = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const what = `the source "${source}" is not configured any more: ${plural(schedules, "schedule")} of its ${plural(jobs, "job")} will not fire`;
  const renamed =
    like === null ? "" : ` Its jobs are those of "${like}": was it renamed? Then give it its old name.`;
  return `${what}. Put ${source}=<path> back into EXTERNAL_TASKS_PATH, or delete them: npx jobmount schedules list --source ${source}.${renamed}`;
}
