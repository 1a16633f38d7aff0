// What a pool of children is made with.
import type { Clock } from "../clock.ts";
import type { JobUser } from "./launcher.ts";

export interface PoolOptions {
  clock: Clock;
  /** Folder for the children's temp folders; what earlier services left there goes at the start. */
  tempRoot: string;
  env: Record<string, string>;
  /** Children kept warm at most, over all versions. */
  warmLimit: number;
  /** What an attempt may use that says nothing else; unbound without it. */
  memoryBytes?: number;
  /** Whom jobs run as; the service's own user without it. */
  user?: JobUser | null;
  /** Pre-started children that have run nothing; default 1. */
  spares?: number;
  /** A child runs at most so many attempts, and lives at most so long: what leaks is bounded. */
  mostAttempts?: number;
  mostAgeMs?: number;
  /** With it, a process of its own ends all that jobs made when this one is killed, or stands still for its lease. */
  guard?: { leaseMs: number };
  /** Something that an operator should hear of. */
  onTrouble?(sentence: string): void;
}
