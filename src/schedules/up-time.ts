// When the service was there: stretches in which due fires were looked for without a gap, so that "was down" is a fact.
import type { Instant } from "../clock.ts";

/** From the last sign of life of any replica to the next one. */
export interface Downtime {
  from: Instant;
  /** Null: nobody has been seen since. */
  to: Instant | null;
  /** The last one before it was stopped in order: then `from` is exact, else it may be a few seconds early. */
  stopped: boolean;
  /** The process that looks again at `to` is one that was there before: it was stopped or stalled and never ended. */
  stalled: boolean;
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
  begin(replica: string, from: Instant, place: SeenReplica["place"]): Promise<void>;
  beat(replica: string, from: Instant, through: Instant): Promise<void>;
  stop(replica: string, from: Instant, at: Instant): Promise<void>;
  /** The downtime that `at` lies in; undefined while some replica was up, and before the first was. */
  downtimeAt(at: Instant): Promise<Downtime | undefined>;
  /** Replicas seen at or after `since`, the oldest first. */
  upSince(since: Instant): Promise<SeenReplica[]>;
}
