// The write gate: one transaction at a time, and whatever waits while one commits joins the next (group commit).
import { isTransient, type Sql } from "./sql.ts";

/** The connection behind the gate. Nobody else writes through it. */
export interface Writer {
  begin(): Promise<Sql>;
  commit(): Promise<void>;
  /** Must not throw: after a lost connection there is nothing to undo. */
  rollback(): Promise<void>;
}

/** Writes of one kind that are done together in few statements. `run` answers one value an item, in order. */
export interface Batch<I, O> {
  readonly name: string;
  run(sql: Sql, items: readonly I[]): Promise<O[]>;
}

/** Work that joins a commit when there is one; its answer is told what became of the commit. */
export type Rider = (sql: Sql) => Promise<{ committed(): void; failed(): void } | undefined>;

interface Waiting {
  batch: Batch<unknown, unknown>;
  item: unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Work<T> = (sql: Sql) => Promise<T>;

const GROUP_LIMIT = 500;
const TRIES = 5;

/** Single writes are a batch whose items are functions, run one after the other. */
const SINGLE: Batch<Work<unknown>, unknown> = {
  name: "single",
  async run(sql, items) {
    const values: unknown[] = [];
    for (const work of items) values.push(await work(sql));
    return values;
  },
};

/**
 * Without it, concurrent flows on SQLite share TypeORM's one connection: a write that resolved is undone by a
 * stranger's rollback (measured). On MySQL it saves commits. Nothing waits when idle: a group starts at the end of the
 * event loop's turn in which its first item came, and takes all that came in that turn.
 *
 * Work given to the gate can be run again (deadlock, or a neighbour in its group that failed): it must have no effect
 * but its statements, and must await nothing but them.
 */
export class Gate {
  readonly #writer: Writer;
  readonly #onFault: (error: unknown) => void;
  readonly #riders: Rider[] = [];
  #waiting: Waiting[] = [];
  #poked = false;
  #busy = false;
  #closed = false;
  #idle: Promise<void> = Promise.resolve();

  /** `onFault` hears of commits that failed with nobody waiting for them: those made for riders alone. */
  constructor(writer: Writer, onFault: (error: unknown) => void) {
    this.#writer = writer;
    this.#onFault = onFault;
  }

  /** Runs `work` in a transaction and answers once it is committed. */
  write<T>(work: Work<T>): Promise<T> {
    return this.batch(SINGLE as Batch<Work<T>, T>, work);
  }

  /** Adds one item to a kind of batch and answers once it is committed. */
  batch<I, O>(batch: Batch<I, O>, item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      if (this.#closed) return reject(new Error("the database is closing; nothing was written"));
      this.#waiting.push({ batch, item, resolve, reject } as unknown as Waiting);
      this.#start();
    });
  }

  /** From now on `rider` is asked in every commit, after its items, so that what it does costs no commit of its own. */
  onCommit(rider: Rider): void {
    this.#riders.push(rider);
  }

  /** Makes a commit for the riders alone when none is under way. */
  poke(): void {
    this.#poked = true;
    this.#start();
  }

  /** Refuses new work and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle;
  }

  #start(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#idle = new Promise((resolve) => {
      setImmediate(() => void this.#pump().finally(resolve));
    });
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0 || (this.#poked && !this.#closed)) {
      const group = this.#waiting.splice(0, GROUP_LIMIT);
      this.#poked = false;
      await this.#commit(group);
      // A turn of the event loop between two groups: its input is what the next group is made of.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#busy = false;
  }

  async #commit(group: Waiting[]): Promise<void> {
    try {
      const { values, rides } = await this.#transaction(group, true);
      group.forEach((waiting, i) => waiting.resolve(values[i]));
      for (const ride of rides) ride.committed();
    } catch (error) {
      if (group.length === 0) {
        this.#onFault(error);
      } else if (group.length === 1) {
        await this.#alone(group[0]!, isTransient(error) ? 1 : 0, error);
      } else {
        // One of them failed: each alone, so that it fails by itself.
        for (const waiting of group) await this.#alone(waiting, 1, undefined);
      }
    }
  }

  /** `tries` 0: it ran alone already and `error` is its answer. */
  async #alone(waiting: Waiting, tries: number, error: unknown): Promise<void> {
    for (let n = tries; n > 0 && n < TRIES; n++) {
      try {
        const { values } = await this.#transaction([waiting], false);
        return waiting.resolve(values[0]);
      } catch (thrown) {
        error = thrown;
        if (!isTransient(thrown)) break;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * n));
      }
    }
    waiting.reject(error);
  }

  async #transaction(group: Waiting[], withRiders: boolean) {
    const rides: { committed(): void; failed(): void }[] = [];
    try {
      const sql = await this.#writer.begin();
      const values: unknown[] = [];
      for (const members of byBatch(group)) {
        const answers = await members[0]!.waiting.batch.run(
          sql,
          members.map((member) => member.waiting.item),
        );
        members.forEach((member, i) => (values[member.index] = answers[i]));
      }
      if (withRiders) {
        for (const rider of this.#riders) {
          const ride = await rider(sql);
          if (ride) rides.push(ride);
        }
      }
      await this.#writer.commit();
      return { values, rides };
    } catch (error) {
      await this.#writer.rollback();
      for (const ride of rides) ride.failed();
      throw error;
    }
  }
}

/** Items of one kind together, kinds in the order in which their first item came. */
function byBatch(group: Waiting[]): { waiting: Waiting; index: number }[][] {
  const kinds = new Map<unknown, { waiting: Waiting; index: number }[]>();
  group.forEach((waiting, index) => {
    const members = kinds.get(waiting.batch);
    if (members) members.push({ waiting, index });
    else kinds.set(waiting.batch, [{ waiting, index }]);
  });
  return [...kinds.values()];
}
