// What the verbs need from the service itself: the shape of the app that src/app.ts makes.
import type { ImpactEvent } from "../app/impact.ts";
import type { CatalogChange } from "../catalog/change.ts";
import type { Env } from "../config.ts";
import type { TaskRun } from "../runs/task-run.ts";

/** One source as `start` tells it. */
export interface StartedSource {
  name: string;
  /** As configured; a path of the host. */
  path: string;
  /** `missing`: it is not there yet, and is picked up when it appears. */
  state: "available" | "unavailable" | "missing";
  /** Jobs that can run. */
  jobs: number;
  /** Jobs whose newest code does not load, also those whose last good version still serves. */
  errors: number;
}

/** What a start that succeeded has to tell. */
export interface StartReport {
  /** Where it listens, with the real port: `http://127.0.0.1:3000`. */
  url: string;
  /** The local socket; null when there is none. */
  socketPath: string | null;
  sources: StartedSource[];
  /** Some jobs were not loaded yet when it began to listen; they come as they load. */
  loading: boolean;
  /** Sources with schedules that no service has any more, each in a sentence with the next step. */
  orphaned: string[];
  /** The database was empty before. */
  firstStart: boolean;
  /** A fresh admin token; only on a first start without JOBMOUNT_ADMIN_TOKEN. */
  token: string | null;
  /** With it a link that signs a browser in, once, within ten minutes. */
  signInUrl: string | null;
  /** Suggested schedules that this first start created, with their sentence: "every minute (UTC)". */
  schedulesCreated: { job: string; sentence: string }[];
  /** Which database, without a password: `sqlite:./data/jobmount.db`. */
  database: string;
}

/** What happens in a running service, for whoever shows it; told after it was committed. */
export type AppEvent = CatalogChange | ImpactEvent | { kind: "finished"; run: TaskRun };

export interface AppOptions {
  /** False: nothing fires by itself, schedules stay as they are. Default true. */
  schedules?: boolean;
  onEvent?(event: AppEvent): void;
  /** The process's environment: where jobs get the variables that they declare. */
  env?: Env;
}

export interface App {
  /**
   * Rejects with an ExpectedError (status 503, `database_away`; 409, when another service has the same SQLite file) or
   * with the system's own error (EADDRINUSE) when it cannot start; `stop` cleans up after that too.
   */
  start(): Promise<StartReport>;
  /** What `start` answered was told: a token in it is not made again. Never rejects. */
  told(): Promise<void>;
  /** Lets schedules fire in this process from now on, or no more. Once it is started. */
  fire(on: boolean): Promise<void>;
  /** Drains and ends; may be called at any time, more than once. */
  stop(): Promise<void>;
}
