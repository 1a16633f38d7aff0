// Who did what, and what was refused to whom: rows that are only added, and removed only by age and number.
import type { Clock, Instant } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Logger } from "../log.ts";
import { networkOf } from "./network.ts";
import type { Principal } from "./principal.ts";
import type { Role } from "./role.ts";

/**
 * `begun`: written before a change was tried, and nothing came after it, so whether it was made is to be looked up.
 * `done`: the change was made. `refused`: nothing was changed. `failed`: an error of ours, or the database was away.
 */
export const AUDIT_OUTCOMES = ["begun", "done", "refused", "failed"] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** One row of `audit_events`. */
export interface AuditEvent {
  /** `aud_…`: grows with time. */
  id: string;
  at: Instant;
  /** Null when nobody was known: no token, or one that is none of ours. */
  actor: { type: Principal["type"]; id: string; name: string; role: Role } | null;
  /** Address of the client; null over the local socket. */
  address: string | null;
  /** Such as `schedules.pause`; `access` when it was refused before it was looked at what was wanted. */
  action: string;
  /** Id, key or name of what it was done to; of a refusal as it was asked for. At most 400 characters. */
  target: string | null;
  /** The source that it concerns; null for what concerns all of them, or none. */
  source: string | null;
  outcome: AuditOutcome;
  status: number | null;
  code: string | null;
  /** What was asked for, and what was there before and after; never a secret. */
  detail: unknown;
  /** How often the same was refused again within the minute after it. */
  repeats: number;
  requestId: string;
}

/** What becomes known of a change once it was tried. */
export type AuditEnd = Pick<AuditEvent, "target" | "source" | "outcome" | "status" | "code" | "detail">;

export interface AuditFilter {
  /** Only rows of these sources: those of none are left out. */
  sources?: readonly string[];
  actors?: readonly string[];
  /** Beginnings: `schedules` means `schedules.pause` too. */
  actions?: readonly string[];
  target?: string;
  outcomes?: readonly AuditOutcome[];
  since?: Instant;
  until?: Instant;
  /** Id of the last row of the page before. Newest first. */
  after?: string;
  limit: number;
}

export interface AuditPage {
  events: AuditEvent[];
  /** Everything down to this id was looked at, and no further; null: to the end, or enough was found. */
  stoppedAt: string | null;
}

/** Where the rows are kept; implemented in db/. */
export interface AuditStore {
  /** One statement for all of them. */
  insert(events: readonly AuditEvent[]): Promise<void>;
  /** Once for each row: only while it is `begun`. */
  end(id: string, end: AuditEnd): Promise<void>;
  addRepeats(id: string, times: number): Promise<void>;
  list(filter: AuditFilter): Promise<AuditPage>;
}

export type NewAuditEvent = Omit<AuditEvent, "id" | "at" | "repeats">;

export interface AuditOptions {
  store: AuditStore;
  clock: Clock;
  log: Logger;
}

/** The same refusal within this time is counted on the row that is there. */
const REPEAT_MS = 60_000;
const REPEATS_WRITTEN_MS = 2_000;
const NOTES_WRITTEN_MS = 100;
const MOST_NOTES = 200;
const MAX_REMEMBERED = 1_000;
/** Addresses of unknown people that get a row of their own within that time. */
const MOST_STRANGERS = 60;

export class Audit {
  readonly #options: AuditOptions;
  /** Refusals of the last minute, by what they have in common. */
  readonly #refusals = new Map<string, { id: string; until: number }>();
  readonly #repeats = new Map<string, number>();
  /** Rows of this minute about nobody whom we know. */
  #strangers = { rows: 0, until: 0 };
  #timer: NodeJS.Timeout | undefined;
  readonly #notes: AuditEvent[] = [];
  #noting: NodeJS.Timeout | undefined;
  /** Rows that nobody waits for. */
  readonly #writing = new Set<Promise<void>>();

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Before a change is tried: no change without a row, whatever happens next. Throws when it cannot be written. */
  async begin(event: Omit<NewAuditEvent, "outcome" | "status" | "code">): Promise<string> {
    const row = this.#row({ ...event, outcome: "begun", status: null, code: null });
    await this.#options.store.insert([row]);
    return row.id;
  }

  /** After it. Never throws: the change is made, and its row is there. */
  async end(id: string, end: AuditEnd): Promise<void> {
    await this.#quietly(this.#options.store.end(id, end), id);
  }

  /** What keeps its actor in a row of its own is written a moment later, many in one commit: nobody waits for it. */
  note(event: NewAuditEvent): void {
    this.#notes.push(this.#row(event));
    if (this.#notes.length >= MOST_NOTES) this.#writeNotes();
    else this.#noting ??= setTimeout(() => this.#writeNotes(), NOTES_WRITTEN_MS).unref();
  }

  /** A refusal before anything began. A hundred wrong tokens a second come to one row a minute, with their number. */
  refused(event: NewAuditEvent): void {
    const at = this.#options.clock.monotonic();
    const key = keyOf(event);
    const known = this.#refusals.get(key);
    if (known && known.until > at) {
      this.#repeats.set(known.id, (this.#repeats.get(known.id) ?? 0) + 1);
      this.#timer ??= setTimeout(() => this.#writeRepeats(), REPEATS_WRITTEN_MS).unref();
      return;
    }
    if (event.actor === null && event.address !== null && !this.#isRoomForStranger(at))
      return this.refused({ ...event, address: null, target: "from many addresses" });
    const row = this.#row(event);
    this.#refusals.delete(key);
    if (this.#refusals.size >= MAX_REMEMBERED) this.#refusals.delete(this.#refusals.keys().next().value!);
    this.#refusals.set(key, { id: row.id, until: at + REPEAT_MS });
    this.#soon(this.#options.store.insert([row]), row.id);
  }

  /** Whoever has many addresses must not fill the log: beyond some a minute they share a row. */
  #isRoomForStranger(at: number): boolean {
    if (at >= this.#strangers.until) this.#strangers = { rows: 0, until: at + REPEAT_MS };
    return ++this.#strangers.rows <= MOST_STRANGERS;
  }

  /** Newest first. `by` sees rows of its own sources; who may see all sees the others too. */
  list(filter: AuditFilter, by: Principal): Promise<AuditPage> {
    const { sources } = filter;
    const own = by.sources;
    const seen = own === null ? sources : (sources ?? own).filter((source) => own.includes(source));
    return this.#options.store.list({ ...filter, sources: seen });
  }

  /** Writes what is still in memory. */
  async flush(): Promise<void> {
    this.#writeNotes();
    await Promise.all(this.#writing);
    this.#writeRepeats();
    await Promise.all(this.#writing);
  }

  #writeNotes(): void {
    clearTimeout(this.#noting);
    this.#noting = undefined;
    const notes = this.#notes.splice(0);
    if (notes.length > 0) this.#soon(this.#options.store.insert(notes), notes[0]!.id);
  }

  #soon(write: Promise<void>, id: string): void {
    const writing = this.#quietly(write, id);
    this.#writing.add(writing);
    void writing.finally(() => this.#writing.delete(writing));
  }

  #writeRepeats(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [id, times] of this.#repeats) this.#soon(this.#options.store.addRepeats(id, times), id);
    this.#repeats.clear();
  }

  #row(event: NewAuditEvent): AuditEvent {
    const at = this.#options.clock.now();
    return { ...event, id: newId("aud", at), at, repeats: 0 };
  }

  #quietly(write: Promise<void>, id: string): Promise<void> {
    return write.catch((error: unknown) =>
      this.#options.log.error({ audit: id, error: messageOf(error) }, "an audit row could not be written"),
    );
  }
}

/** What refusals have in common that are counted on one row. */
function keyOf({ actor, address, action, status, code }: NewAuditEvent): string {
  return JSON.stringify([actor?.id ?? null, networkOf(address), action, status, code]);
}
