// The ends of attempts on their way into the database: asked again while it is away, and kept in files meanwhile (X5).
import type { Clock } from "../clock.ts";
import { ExpectedError, messageOf, ValuesRefused } from "../errors.ts";
import { lineBytes } from "../log-size.ts";
import type { LogFields, Logger } from "../log.ts";
import { Recurring } from "../recurring.ts";
import type { FinishSpool } from "../runs/spool.ts";
import type { Finish, FinishAnswer, RunStore } from "../runs/store.ts";
import type { Service } from "./service.ts";

export interface EndsOptions {
  store: Pick<RunStore, "finish">;
  spool: FinishSpool;
  clock: Clock;
  log: Logger;
  /** Told of each end from a file that its row has now. */
  onBroughtIn?(runId: string): void;
  /** An end that is not committed after this long goes to a file (half as long again at most); a failed one at once. */
  patienceMs?: number;
  /** Between two tries. */
  againMs?: number;
  /** How often files that an earlier process left are looked for. */
  replayMs?: number;
}

/** One end that is not in the database yet. */
interface Waiting {
  finish: Finish;
  since: number;
  /** Kept in this file; null: in memory only. */
  file: string | null;
}

const PATIENCE_MS = 200;
const AGAIN_MS = 1_000;
const REPLAY_MS = 10_000;
/** So many refusals of the values before less is written. */
const FULL_TRIES = 3;
/** Ends of one file together; the log of one that could not be stored meanwhile may have 10 MiB. */
const FILE_BYTES = 8 * 1024 * 1024;

export class Ends implements Service {
  readonly #options: EndsOptions;
  readonly #faults: Recurring;
  readonly #waiting = new Set<Waiting>();
  /** File -> its ends that are not in the database yet. */
  readonly #files = new Map<string, Set<Waiting>>();
  #replays: NodeJS.Timeout | undefined;
  #looks: NodeJS.Timeout | undefined;
  #keeping: Promise<void> | undefined;
  #keepAgain = false;
  #replaying: Promise<boolean> | undefined;
  #over = false;

  constructor(options: EndsOptions) {
    this.#options = options;
    this.#faults = new Recurring(options.log, () => options.clock.monotonic());
  }

  /** Brings in what an earlier process left, before anything is swept or claimed. */
  async start(): Promise<void> {
    await this.replay();
    this.#replays = setInterval(() => void this.replay(), this.#options.replayMs ?? REPLAY_MS).unref();
  }

  /** What is not in the database by now is in a file, and left to the next start. */
  async stop(): Promise<void> {
    this.#over = true;
    clearInterval(this.#replays);
    clearTimeout(this.#looks);
    await this.#keepAll();
    await this.#replaying;
  }

  /**
   * Answers once the row has it. A database that is away or at fault is asked until it is not; one that refuses the
   * values gets fewer of them: first without the output (L2), at last nothing but the fact that it ended. After `stop`:
   * `late`.
   */
  async write(finish: Finish): Promise<FinishAnswer> {
    const waiting: Waiting = { finish, since: this.#options.clock.monotonic(), file: null };
    this.#waiting.add(waiting);
    this.#looks ??= this.#lookIn(this.#options.patienceMs ?? PATIENCE_MS);
    try {
      const answer = await this.#options.store.finish(finish);
      this.#written(waiting);
      return answer;
    } catch (error) {
      return this.#again(waiting, error);
    }
  }

  /**
   * Files that no end of this process waits in: brought in one after the other. Answers whether none of them is left;
   * never rejects.
   */
  replay(): Promise<boolean> {
    this.#replaying ??= this.#replay()
      .catch((error: unknown) => this.#notBroughtIn({}, error))
      .finally(() => (this.#replaying = undefined));
    return this.#replaying;
  }

  async #again(waiting: Waiting, thrown: unknown): Promise<FinishAnswer> {
    const { store, log, againMs = AGAIN_MS } = this.#options;
    const { finish } = waiting;
    const ids = { run: finish.runId, attempt: finish.attempt };
    let error = thrown;
    void this.#keepAll();
    log.error({ ...ids, error: messageOf(error) }, "the end of a run could not be written; trying again");
    for (let refused = 0; !this.#over;) {
      if (error instanceof ValuesRefused) refused++;
      await new Promise((resolve) => setTimeout(resolve, againMs).unref());
      if (this.#over) break;
      try {
        const answer = await store.finish(lessOf(finish, refused, error));
        this.#written(waiting);
        return answer;
      } catch (failed) {
        error = failed;
      }
    }
    return "late";
  }

  /** One timer for all, and none while nothing is waiting. */
  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  /** Those that have waited for long go to a file. */
  #look(): void {
    const { clock, patienceMs = PATIENCE_MS } = this.#options;
    const now = clock.monotonic();
    const isLong = ({ since, file }: Waiting) => file === null && now - since >= patienceMs;
    const again = this.#waiting.size > 0 && !this.#over;
    this.#looks = again ? this.#lookIn(patienceMs / 2) : undefined;
    if ([...this.#waiting].some(isLong)) void this.#keepAll();
  }

  /** Everything that is in memory alone, in few files. Never rejects: what cannot be kept is tried again. */
  #keepAll(): Promise<void> {
    this.#keepAgain = true;
    this.#keeping ??= this.#keepWhatWaits().finally(() => (this.#keeping = undefined));
    return this.#keeping;
  }

  async #keepWhatWaits(): Promise<void> {
    while (this.#keepAgain) {
      this.#keepAgain = false;
      // All that one failed commit gives back comes in the same turn.
      await new Promise((resolve) => setImmediate(resolve));
      for (const group of groupsOf([...this.#waiting].filter(({ file }) => file === null))) {
        try {
          await this.#keep(group);
        } catch (error) {
          // Tried again ten times a second while the disk is full.
          const fields = { error: messageOf(error) };
          this.#faults.say("error", fields, "the ends of runs cannot be kept in a file");
        }
      }
    }
  }

  async #keep(group: readonly Waiting[]): Promise<void> {
    const file = await this.#options.spool.keep(group.map(({ finish }) => finish));
    // Some may have been written meanwhile.
    const open = new Set(group.filter((waiting) => this.#waiting.has(waiting)));
    if (open.size === 0) return this.#options.spool.drop(file);
    this.#files.set(file, open);
    for (const waiting of open) waiting.file = file;
  }

  /** The row has it. Its file goes with the last of its ends; should it stay, replaying it changes nothing. */
  #written(waiting: Waiting): void {
    const { file } = waiting;
    this.#waiting.delete(waiting);
    if (file === null) return;
    const open = this.#files.get(file);
    open?.delete(waiting);
    if (open && open.size > 0) return;
    this.#files.delete(file);
    this.#options.spool.drop(file).catch((error: unknown) => {
      this.#options.log.warn({ file, error: messageOf(error) }, "a file of the spool could not be removed");
    });
  }

  async #replay(): Promise<boolean> {
    let all = true;
    for (const name of await this.#options.spool.names()) {
      if (this.#files.has(name) || this.#over) continue;
      try {
        await this.#replayFile(name);
      } catch (error) {
        // While the database is away the others would only wait for it too; else each is a matter of its own.
        if (error instanceof ExpectedError) throw error;
        all = this.#notBroughtIn({ file: name }, error);
      }
    }
    return all;
  }

  #notBroughtIn(file: LogFields, error: unknown): false {
    const fields = { ...file, error: messageOf(error) };
    this.#faults.say("warn", fields, "the spool could not be brought in; trying again");
    return false;
  }

  async #replayFile(name: string): Promise<void> {
    const { spool, log } = this.#options;
    const finishes = await spool.read(name);
    // Its ends were written between the look at the folder and this.
    if (!finishes) return;
    if (finishes === "damaged")
      return log.error({ file: name }, "a file of the spool was damaged and is set aside");
    const answers = await Promise.all(finishes.map((finish) => this.#bringIn(finish)));
    if (answers.includes(undefined)) await spool.refuse(name);
    else await spool.drop(name);
    log.warn({ file: name, ends: finishes.length }, "ends of runs were brought in from the spool");
  }

  /** Undefined: refused, whatever was left out. Rejects when the database is away or at fault. */
  async #bringIn(finish: Finish): Promise<FinishAnswer | undefined> {
    let error: unknown;
    for (const refused of [0, FULL_TRIES, 2 * FULL_TRIES]) {
      try {
        const answer = await this.#options.store.finish(lessOf(finish, refused, error));
        if (answer !== "late") this.#options.onBroughtIn?.(finish.runId);
        return answer;
      } catch (thrown) {
        if (!(thrown instanceof ValuesRefused)) throw thrown;
        error = thrown;
      }
    }
    return undefined;
  }
}

/** Pure. What is written after so many refusals. */
function lessOf(finish: Finish, refused: number, error: unknown): Finish {
  if (refused >= 2 * FULL_TRIES) return bare(finish, error);
  return refused >= FULL_TRIES ? withoutOutput(finish) : finish;
}

function withoutOutput(finish: Finish): Finish {
  const lost = finish.lines.reduce((sum, line) => sum + lineBytes(line), 0);
  const { lines, bytes, droppedBytes } = finish.log;
  const log = { lines, bytes: Math.max(0, bytes - lost), droppedBytes: droppedBytes + lost };
  return { ...finish, lines: [], failedRecords: [], log };
}

/** What the database takes in any case; given back, retried or ended by itself stays as it was. */
function bare(finish: Finish, error: unknown): Finish {
  const less = {
    ...withoutOutput(finish),
    progress: null,
    result: null,
    error: null,
    state: null,
    steps: [],
  };
  if (finish.to !== "succeeded" && finish.to !== "failed")
    return { ...less, cause: "what it told could not be stored" };
  const cause = `what it told could not be stored: ${messageOf(error).slice(0, 500)}`;
  return { ...less, to: "failed", reason: "invalid_result", cause };
}

/** Pure. In the order in which they came, none larger than a file should be. */
function groupsOf(waiting: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  let bytes = Infinity;
  for (const one of waiting) {
    const size = one.finish.lines.reduce((sum, line) => sum + line.text.length + 200, 1_000);
    if (bytes + size > FILE_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(one);
    bytes += size;
  }
  return groups;
}
