// Keeps what is shown up to date: change notices of the service, or asking now and then where they do not come through.
// Updates can be paused; what happens meanwhile is counted and read when they go on. A page that nobody sees holds no
// stream: a browser opens six connections to a service over plain http, and six hidden pages would take them all.
import type { Query, QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Change, Changes } from "./contract.ts";
import { touches } from "./stale.ts";

export type LiveState = "connecting" | "live" | "polling" | "paused";

export interface LiveView {
  state: LiveState;
  /** Changes since it was paused. */
  missed: number;
}

export interface NoticeStream {
  /** The browser has given up: it will not open it again by itself. */
  readonly closed: boolean;
  close(): void;
}

export interface NoticeHandlers {
  /** It is open, and anything may have happened before. */
  resync(): void;
  changes(text: string): void;
  trouble(): void;
}

/** What is around the page. */
export interface Surroundings {
  open(handlers: NoticeHandlers): NoticeStream;
  /** Nobody sees the page. */
  hidden(): boolean;
  /** `act` is called when that changes; answers how to end it. */
  onShown(act: () => void): () => void;
}

const TIMING = {
  /** The first change after a quiet while is shown so soon. */
  soonMs: 150,
  /** At 50 changes a second a list is read anew so often, not 50 times. */
  gatheredMs: 1_000,
  /** How often is asked where notices do not come. */
  pollMs: 5_000,
  /** A stream that has not opened by then is taken for one that a proxy holds back. */
  opensWithinMs: 8_000,
};

export class Live {
  readonly #client: QueryClient;
  readonly #around: Surroundings;
  readonly #timing: typeof TIMING;
  readonly #listeners = new Set<() => void>();
  #view: LiveView = { state: "connecting", missed: 0 };
  #stream: NoticeStream | undefined;
  /** The stream has said `resync` and is well since. */
  #isOpen = false;
  #gathered: Change[] = [];
  #all = false;
  /** Reads that were on their way when something changed: they may have come too early to know. */
  #again = new Set<string>();
  #flush: ReturnType<typeof setTimeout> | undefined;
  #flushedAt = -Infinity;
  #poll: ReturnType<typeof setInterval> | undefined;
  #opening: ReturnType<typeof setTimeout> | undefined;
  #endShown: () => void = () => undefined;

  constructor(client: QueryClient, around: Surroundings, timing: Partial<typeof TIMING> = {}) {
    this.#client = client;
    this.#around = around;
    this.#timing = { ...TIMING, ...timing };
  }

  get view(): LiveView {
    return this.#view;
  }

  readonly listen = (act: () => void): (() => void) => {
    this.#listeners.add(act);
    return () => this.#listeners.delete(act);
  };

  start(): void {
    this.stop();
    this.#set({ state: "connecting", missed: 0 });
    this.#endShown = this.#around.onShown(() => this.#onShown());
    if (!this.#around.hidden()) this.#open();
  }

  stop(): void {
    this.#endShown();
    this.#close();
    clearTimeout(this.#flush);
    this.#flush = undefined;
  }

  /** Nothing that is shown changes by itself any more. */
  pause(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    this.#gathered = [];
    this.#set({ state: "paused", missed: 0 });
  }

  /** Reads at once what was missed, and goes on. */
  resume(): void {
    if (this.#view.state !== "paused") return;
    this.#all = false;
    this.#set({ state: this.#isOpen ? "live" : this.#poll ? "polling" : "connecting", missed: 0 });
    this.refresh();
  }

  /** Everything that is shown, now: somebody asked for it, or changed something. */
  refresh(): void {
    void this.#client.invalidateQueries();
  }

  get #isPaused(): boolean {
    return this.#view.state === "paused";
  }

  #set(view: LiveView): void {
    this.#view = view;
    for (const act of this.#listeners) act();
  }

  #onShown(): void {
    if (this.#around.hidden()) {
      this.#close();
      if (!this.#isPaused) this.#set({ state: "connecting", missed: 0 });
    } else if (!this.#stream) this.#open();
  }

  #close(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#isOpen = false;
    clearTimeout(this.#opening);
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  #open(): void {
    this.#stream?.close();
    clearTimeout(this.#opening);
    this.#opening = setTimeout(() => this.#fallBack(), this.#timing.opensWithinMs);
    const stream = this.#around.open({
      resync: () => this.#stream === stream && this.#onResync(),
      changes: (text) => this.#stream === stream && this.#onChanges((JSON.parse(text) as Changes).changes),
      trouble: () => this.#stream === stream && this.#fallBack(),
    });
    this.#stream = stream;
  }

  /** What was read before may be older than what was told last: it is all read once more. */
  #onResync(): void {
    clearTimeout(this.#opening);
    clearInterval(this.#poll);
    this.#poll = undefined;
    const before = this.#view;
    this.#isOpen = true;
    this.#all = true;
    // Not at once: what is being drawn for the first time comes first.
    this.#flushedAt = performance.now();
    if (this.#isPaused) this.#set({ state: "paused", missed: Math.max(1, before.missed) });
    else this.#set({ state: "live", missed: 0 });
    this.#later();
  }

  #onChanges(changes: readonly Change[]): void {
    if (this.#isPaused) return this.#set({ state: "paused", missed: this.#view.missed + changes.length });
    this.#gathered.push(...changes);
    this.#later();
  }

  /** The browser goes on trying; until then it is asked now and then. */
  #fallBack(): void {
    clearTimeout(this.#opening);
    this.#isOpen = false;
    if (this.#poll) return;
    if (!this.#isPaused) this.#set({ state: "polling", missed: 0 });
    this.#poll = setInterval(() => {
      // A read that takes longer than this goes on: begun anew each time it would never end.
      if (!this.#isPaused) void this.#client.invalidateQueries({}, { cancelRefetch: false });
      if (this.#stream?.closed) this.#open();
    }, this.#timing.pollMs);
  }

  #later(): void {
    if (this.#isPaused) return;
    const { soonMs, gatheredMs } = this.#timing;
    const wait = Math.max(soonMs, this.#flushedAt + gatheredMs - performance.now());
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined;
      this.#flushedAt = performance.now();
      this.#readChanged();
    }, wait);
  }

  #readChanged(): void {
    const changes = this.#gathered;
    const all = this.#all;
    const again = this.#again;
    this.#gathered = [];
    this.#all = false;
    this.#again = new Set();
    const predicate = ({ queryKey, queryHash }: Pick<Query, "queryKey" | "queryHash">) =>
      all || again.has(queryHash) || changes.some((change) => touches(queryKey, change));
    // Those on their way go on, since begun anew at each change they would never end; they are read once more after it.
    const early = this.#client
      .getQueryCache()
      .findAll({ type: "active", fetchStatus: "fetching", predicate });
    void this.#client.invalidateQueries({ predicate }, { cancelRefetch: false }).then(() => {
      for (const { queryHash } of early) this.#again.add(queryHash);
      if (early.length > 0) this.#later();
    });
  }
}

export function useLive(live: Live): LiveView {
  return useSyncExternalStore(live.listen, () => live.view);
}
