// The port of the spool, which db/ implements with files.
import type { Finish } from "./store.ts";

/** Where ends of attempts wait for a database that does not take them (X5). */
export interface FinishSpool {
  /** One file for all of them; it is on the disk when its name is answered. */
  keep(finishes: readonly Finish[]): Promise<string>;
  /** The oldest first. */
  names(): Promise<string[]>;
  /** Undefined when there is no such file any longer; `damaged`: it was, and is set aside. */
  read(name: string): Promise<Finish[] | "damaged" | undefined>;
  drop(name: string): Promise<void>;
  /** The database refuses it for good: set aside for whoever looks after the service. */
  refuse(name: string): Promise<void>;
  /** What is wrong with it, in words; null when nothing is. */
  readonly trouble: string | null;
}
