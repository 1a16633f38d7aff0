// Hints of what has changed, for open pages: gathered for a moment, deduplicated, and written once for all streams alike.
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

interface Stream {
  sink: EventSink;
  sources: readonly string[] | null;
}

export class Changes {
  readonly #streams = new Set<Stream>();
  readonly #gathered = new Map<string, Change>();
  #timer: NodeJS.Timeout | undefined;
  #sequence = 0;

  /** Costs nothing while nobody listens. */
  tell(change: Change): void {
    if (this.#streams.size === 0) return;
    this.#gathered.set(`${change.kind} ${change.source} ${change.id}`, change);
    this.#timer ??= setTimeout(() => this.#write(), GATHERED_MS).unref();
  }

  /** Hints have no replay: a stream begins by saying that everything is to be read. */
  listen(sink: EventSink, sources: readonly string[] | null): void {
    const stream = { sink, sources };
    this.#streams.add(stream);
    sink.onEnd(() => this.#streams.delete(stream));
    sink.send({ event: "resync", id: String(this.#sequence), data: {} });
  }

  get listening(): number {
    return this.#streams.size;
  }

  #write(): void {
    this.#timer = undefined;
    const changes = [...this.#gathered.values()];
    this.#gathered.clear();
    const id = String(++this.#sequence);
    const texts = new Map<string, string>();
    for (const { sink, sources } of this.#streams) {
      const key = JSON.stringify(sources);
      let text = texts.get(key);
      if (text === undefined) texts.set(key, (text = textOf(id, changes, sources)));
      if (text !== "") sink.sendText(text);
    }
  }
}

/** A stream of some sources hears of those alone, not even that others had many. */
function textOf(id: string, changes: readonly Change[], sources: readonly string[] | null): string {
  const seen =
    sources === null ? changes : changes.filter(({ source }) => source !== null && sources.includes(source));
  if (seen.length === 0) return "";
  if (seen.length > MOST) return eventText({ event: "resync", id, data: {} });
  return eventText({ event: "changes", id, data: { changes: seen } });
}
