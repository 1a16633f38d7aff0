// The write gate: one transaction at a time, and whatever waits while one commits joins the next (group commit).
import { isAway, isTransient, orAway, orBusy, type Sql } from "./sql.ts";

/** The connection behind the gate. Nobody else writes through it. */
export interface Writer {
  begin(): Promise<Sql>;
  /** For one statement that needs no transaction around it; absent where a transaction costs no round trips. */
  once?(): Promise<Sql>;
  commit(): Promise<void>;
  /** Must not throw: after a lost connection there is nothing to undo. */
  rollback(): Promise<void>;
}

/** Writes of one kind that are done together in few statements. `run` answers one value an item, in order. */
export interface Batch<I, O> {
  readonly name: string;
  /** Whether `run` makes one statement only of these items, which is then atomic by itself. */
  isOneStatement?(items: readonly I[]): boolean;
  run(sql: Sql, items: readonly I[]): Promise<O[]>;
}

/** What became of the commit that work has joined. */
export interface Ride {
  committed(): void;
  failed(): void;
}

/** Asked in each commit for work that joins it; undefined when there is none, and then no commit is made for it. */
export type Rider = () => ((sql: Sql) => Promise<Ride>) | undefined;

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
  readonly #listeners: (() => void)[] = [];
  #waiting: Waiting[] = [];
  #poked = false;
  #busy = false;
  #closed = false;
  #idle: Promise<void> = Promise.resolve();

  /** `onFault` hears of faults that nobody waits for: those of riders, and of commits made for them alone. */
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

  /** `listener` is called after each commit. */
  afterCommit(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Makes a commit for the riders alone when none is under way, and one of them has work. */
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

  async #commit(group: Waiting[], withRiders = true): Promise<void> {
    try {
      const { values, rides } = await this.#transaction(group, withRiders);
      group.forEach((waiting, i) => waiting.resolve(values[i]));
      for (const ride of rides) ride.committed();
      for (const listener of this.#listeners) listener();
    } catch (thrown) {
      const ofRider = thrown instanceof RiderFault;
      const error = ofRider ? thrown.cause : thrown;
      if (ofRider || group.length === 0) this.#onFault(error);
      if (group.length === 0) return;
      if (isAway(orAway(error))) {
        // Each alone would wait for its own time-out, one after the other.
        for (const waiting of group) waiting.reject(orAway(error));
      } else if (ofRider) {
        await this.#commit(group, false);
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
        waiting.resolve(values[0]);
        for (const listener of this.#listeners) listener();
        return;
      } catch (thrown) {
        error = thrown;
        if (!isTransient(thrown)) break;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * n));
      }
    }
    waiting.reject(orBusy(error));
  }

  async #transaction(group: Waiting[], withRiders: boolean): Promise<{ values: unknown[]; rides: Ride[] }> {
    const rides: Ride[] = [];
    let joining = withRiders && group.length === 0 ? this.#joining() : undefined;
    if (joining?.length === 0) return { values: [], rides };
    try {
      const kinds = byBatch(group);
      const one = this.#riders.length === 0 && kinds.length === 1 && isOneStatement(kinds[0]!);
      const sql = one && this.#writer.once ? await this.#writer.once() : await this.#writer.begin();
      const values: unknown[] = [];
      for (const members of kinds) {
        const answers = await members[0]!.waiting.batch.run(
          sql,
          members.map((member) => member.waiting.item),
        );
        members.forEach((member, i) => (values[member.index] = answers[i]));
      }
      joining ??= withRiders ? this.#joining() : [];
      for (const join of joining) rides.push(await riding(join(sql)));
      if (!one || !this.#writer.once) await this.#writer.commit();
      return { values, rides };
    } catch (error) {
      await this.#writer.rollback();
      for (const ride of rides) ride.failed();
      throw error;
    }
  }

  #joining() {
    return this.#riders.flatMap((rider) => rider() ?? []);
  }
}

/** Work that had joined failed, and not what it joined: that is done again without it. */
class RiderFault {
  constructor(readonly cause: unknown) {}
}

async function riding(ride: Promise<Ride>): Promise<Ride> {
  try {
    return await ride;
  } catch (error) {
    throw new RiderFault(error);
  }
}

type Members = { waiting: Waiting; index: number }[];

function isOneStatement(members: Members): boolean {
  const { batch } = members[0]!.waiting;
  return batch.isOneStatement?.(members.map(({ waiting }) => waiting.item)) ?? false;
}

/** Items of one kind together, kinds in the order in which their first item came. */
function byBatch(group: Waiting[]): Members[] {
  const kinds = new Map<unknown, Members>();
  group.forEach((waiting, index) => {
    const members = kinds.get(waiting.batch);
    if (members) members.push({ waiting, index });
    else kinds.set(waiting.batch, [{ waiting, index }]);
  });
  return [...kinds.values()];
}
