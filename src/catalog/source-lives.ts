// Which sources are served by whom: each process that has a source says so again and again, and one of them publishes it.
import type { Instant } from "../clock.ts";

/** One row of `sources`: what all processes together know of a source. */
export interface SourceLife {
  name: string;
  /** When some process last had it configured. */
  seenAt: Instant;
  /** When some process last saw its folder; null when none ever did. */
  availableAt: Instant | null;
  /** The process that publishes what the folder holds; others follow. Null when nobody does. */
  writer: string | null;
  writerUntil: Instant;
}

/** What one process says of a source that it has. */
export interface SourceWord {
  name: string;
  /** It sees the folder, and something in it. */
  available: boolean;
}

/** Implemented by `db/source-store`. */
export interface SourceStore {
  /** Writes what this process says, elects writers by `nextLife`, and answers all rows. */
  beat(replica: string, words: readonly SourceWord[], now: Instant, leaseMs: number): Promise<SourceLife[]>;
  /** It publishes nothing any more: another one may at once. */
  giveUp(replica: string): Promise<void>;
  /** Jobs, and schedules that are switched on, by source: also of sources that nobody has any more. */
  counts(): Promise<Map<string, { jobs: string[]; schedules: number }>>;
}

/** Pure: the row after this word. Who publishes has to see the folder, and goes on until he is silent for a lease. */
export function nextLife(
  life: SourceLife | undefined,
  word: SourceWord,
  replica: string,
  now: Instant,
  leaseMs: number,
): SourceLife {
  const { name, available } = word;
  const before = life ?? { name, seenAt: now, availableAt: null, writer: null, writerUntil: 0 };
  const isMine = before.writer === replica;
  const isFree = before.writer === null || before.writerUntil < now;
  const takes = available && (isMine || isFree);
  const gives = isMine && !available;
  return {
    name,
    seenAt: Math.max(now, before.seenAt),
    availableAt: available ? Math.max(now, before.availableAt ?? 0) : before.availableAt,
    writer: takes ? replica : gives ? null : before.writer,
    writerUntil: takes ? now + leaseMs : gives ? now : before.writerUntil,
  };
}

export type Standing =
  | { state: "served" }
  /** Some process has it, and none sees its folder. */
  | { state: "unavailable"; since: Instant }
  /** No process has it any more: it was renamed or dropped. */
  | { state: "orphaned"; since: Instant };

/** Pure: what is so of a source after `silentMs` without a word. */
export function standingOf(life: SourceLife, now: Instant, silentMs: number): Standing {
  if (now - life.seenAt > silentMs) return { state: "orphaned", since: life.seenAt };
  const { availableAt } = life;
  if (availableAt !== null && now - availableAt <= silentMs) return { state: "served" };
  return { state: "unavailable", since: availableAt ?? life.seenAt };
}
