// When the service was there: stretches in which due fires were looked for without a gap, so that "was down" is a fact.
import type { Instant } from "../clock.ts";

/** The clock went back if it did so by more than this: samples of a database's clock differ by less. */
export const BACKWARDS_MS = 2_000;

/** What the clock showed twice: it went back from `from` to `to`. */
export interface ClockStep {
  from: Instant;
  to: Instant;
}

/** From the last sign of life of any replica to the next one. */
export interface Downtime {
  from: Instant;
  /** Null: nobody has been seen since. */
  to: Instant | null;
  /** The last one before it was stopped in order: then `from` is exact, else it may be a few seconds early. */
  stopped: boolean;
  /** The process that looks again at `to` is one that was there before: it was stopped or stalled and never ended. */
  stalled: boolean;
  /** Set when that process was there all the while and could not write to its database: what the database said. */
  unwritable: string | null;
}

/** Why a process that was there settled nothing for a while, and since when. */
export interface Outage {
  since: Instant;
  why: string;
}

/** A replica that was there lately. */
export interface SeenReplica {
  replica: string;
  from: Instant;
  through: Instant;
  /** Where it runs: the boot and the space of process ids, when known, and its id there. */
  place: { name: string | null; pid: number };
}

/** Where up-times are kept; implemented in db/. */
export interface UpTimeStore {
  /**
   * Up-times that reach beyond `from` end there: the clock went back, and their time is still to come. So do pauses that
   * were ended beyond it, and those that began beyond it begin there. `back`: where it had been, when this process saw it itself. `unwritable`: why nothing was settled before, though this process was
   * there.
   */
  begin(
    replica: string,
    from: Instant,
    place: SeenReplica["place"],
    back?: Instant,
    unwritable?: string,
  ): Promise<void>;
  /** False: the row is gone, another process saw the clock go back before it began. */
  beat(replica: string, from: Instant, through: Instant): Promise<boolean>;
  stop(replica: string, from: Instant, at: Instant): Promise<void>;
  /** The downtime that `at` lies in; undefined while some replica was up, and before the first was. */
  downtimeAt(at: Instant): Promise<Downtime | undefined>;
  /** The last time that the clock went back from `at` or later to a time before it. */
  stepBackAt(at: Instant): Promise<ClockStep | undefined>;
  /** Replicas seen at or after `since`, the oldest first. */
  upSince(since: Instant): Promise<SeenReplica[]>;
}
