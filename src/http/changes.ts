// Hints of what has changed, for open pages: gathered for a moment, deduplicated, and written once for all streams alike.
import type { Principal } from "../access/principal.ts";
import { atLeast, type Role } from "../access/role.ts";
import { eventText, type EventSink } from "./event-stream.ts";

/** What changed; whoever needs to know more asks for it. */
export interface Change {
  kind: "run" | "job" | "schedule" | "source" | "token" | "scheduler";
  /** Null for what concerns no source, or all. */
  source: string | null;
  /** Id or key of what changed. */
  id: string | null;
  /** Key of the job of a run. */
  job?: string;
  /** State of a run; what happened to anything else. */
  state?: string;
}

/** 100 runs a second for 200 pages must not be 20,000 writes. */
const GATHERED_MS = 250;
/** More at once are no hints any more: read anew. */
const MOST = 200;

/** Kinds by the first word of what the audit log calls an action. */
const KINDS: Readonly<Record<string, Change["kind"]>> = {
  jobs: "job",
  runs: "run",
  schedules: "schedule",
  batches: "run",
  sources: "source",
  scheduler: "scheduler",
  tokens: "token",
};

/** What pages are told of an action on `id`; undefined for what no page shows. */
export function changeOf(action: string, source: string | null, id: string | null): Change | undefined {
  const kind = id?.startsWith("run_") ? "run" : KINDS[action.split(".")[0]!];
  if (kind === undefined) return undefined;
  // A backfill makes many runs, and its batch is none of them.
  if (kind === "run") return { kind, source, id: id?.startsWith("run_") ? id : null };
  return { kind, source, id, state: action };
}

/** Who has to know whether anybody listens: it looks for changes only then. */
export interface Listened {
  onFirst(): void;
  onLast(): void;
}

type Listener = Pick<Principal, "sources" | "role">;

/** Streams that are told the same. Their ids count what they were told: those of others would say how much others have. */
interface Audience {
  listener: Listener;
  sinks: Set<EventSink>;
  sequence: number;
}

export class Changes {
  readonly #audiences = new Map<string, Audience>();
  readonly #gathered = new Map<string, Change>();
  readonly #listened: Listened | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(listened?: Listened) {
    this.#listened = listened;
  }

  /** Costs nothing while nobody listens. */
  tell(change: Change): void {
    if (this.#audiences.size === 0) return;
    this.#gathered.set(keyOf(change), change);
    this.#timer ??= setTimeout(() => this.#write(), GATHERED_MS).unref();
  }

  /** As an answer has it: what the row itself told meanwhile is fuller, a run that was to end has ended. */
  tellIfUntold(change: Change): void {
    if (!this.#gathered.has(keyOf(change))) this.tell(change);
  }

  /** Hints have no replay: a stream begins by saying that everything is to be read. */
  listen(sink: EventSink, listener: Listener): void {
    const key = JSON.stringify([listener.sources, listener.role]);
    const audience = this.#audiences.get(key) ?? { listener, sinks: new Set<EventSink>(), sequence: 0 };
    const isFirst = this.#audiences.size === 0;
    this.#audiences.set(key, audience);
    audience.sinks.add(sink);
    if (isFirst) this.#listened?.onFirst();
    sink.onEnd(() => {
      audience.sinks.delete(sink);
      if (audience.sinks.size > 0 || this.#audiences.get(key) !== audience) return;
      this.#audiences.delete(key);
      if (this.#audiences.size === 0) this.#listened?.onLast();
    });
    sink.send({ event: "resync", id: String(audience.sequence), data: {} });
  }

  get listening(): number {
    return [...this.#audiences.values()].reduce((sum, { sinks }) => sum + sinks.size, 0);
  }

  #write(): void {
    this.#timer = undefined;
    const changes = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const audience of this.#audiences.values()) {
      const text = textOf(String(audience.sequence + 1), changes, audience.listener);
      if (text === "") continue;
      audience.sequence++;
      for (const sink of audience.sinks) sink.sendText(text);
    }
  }
}

function keyOf({ kind, source, id }: Change): string {
  return `${kind} ${source} ${id}`;
}

/** What only some may read is told to them alone. */
const LEAST_ROLE: Partial<Record<Change["kind"], Role>> = { token: "admin" };

/** A stream of some sources hears of those alone, not even that others had many; and that everything stands still or goes on. */
function textOf(id: string, changes: readonly Change[], { sources, role }: Listener): string {
  const open = changes.filter(({ kind }) => atLeast(role, LEAST_ROLE[kind] ?? "viewer"));
  const seen =
    sources === null ? open : open.filter(({ source }) => source !== null && sources.includes(source));
  if (sources !== null && open.some(({ kind, source }) => kind === "scheduler" && source === null))
    seen.push({ kind: "scheduler", source: null, id: null });
  if (seen.length === 0) return "";
  if (seen.length > MOST) return eventText({ event: "resync", id, data: {} });
  return eventText({ event: "changes", id, data: { changes: seen } });
}
