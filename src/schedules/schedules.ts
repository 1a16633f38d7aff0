// The one service over configured schedules: every change settles what is owed first (S7), and then takes hold.
import type { Clock, Instant } from "../clock.ts";
import type { OverlapPolicy } from "../sdk/spec.ts";
import type { ScheduleFields } from "./input.ts";
import type { NextFire, Preview } from "./preview.ts";
import type { RequestRef, Schedule, ScheduleFilter, ScheduleStore } from "./schedule.ts";

/** What schedules need to know of a job. */
export interface ScheduledJob {
  /** The overlap that a new schedule gets when its request names none. */
  overlap: OverlapPolicy;
  /**
   * The params as they are to be saved (checked, secrets sealed); throws ExpectedError 422 with pointers below
   * `/params`. On an edit, `saved` are the params so far: a secret given as `{ "secret": true }` keeps its value.
   */
  acceptParams(params: Record<string, unknown>, saved?: Record<string, unknown>): Record<string, unknown>;
}

export interface SchedulesDeps {
  store: ScheduleStore;
  clock: Pick<Clock, "now">;
  defaults: { timeZone: string };
  /** Undefined when there is no such job, or none that ever loaded. */
  jobOf(source: string, key: string): ScheduledJob | undefined;
  /** A hint that there may be work: runs were just written. */
  wake(): void;
}

export interface CreateRequest {
  source: string;
  jobKey: string;
  fields: ScheduleFields;
  idempotency?: RequestRef;
  origin?: Schedule["origin"];
}

export interface PreviewRequest extends Pick<
  ScheduleFields,
  "cron" | "every" | "everyMs" | "anchorAt" | "at" | "timeZone" | "dst"
> {
  /** RFC 3339; now unless given. */
  from?: unknown;
  /** 1 to 100; 5 unless given. */
  count?: unknown;
}

export class Schedules {
  constructor(_deps: SchedulesDeps) {}

  /** Committed when it answers (A1); the cursor starts at now. */
  create(_request: CreateRequest, _actor: string): Promise<Schedule> {
    throw new Error("not built yet");
  }

  get(_id: string): Promise<Schedule | undefined> {
    throw new Error("not built yet");
  }

  list(_filter: ScheduleFilter): Promise<Schedule[]> {
    throw new Error("not built yet");
  }

  /** Settles the old revision up to now, then merges the patch (S7, S8); 412 when the revision is not `expected`. */
  patch(_id: string, _patch: ScheduleFields, _expected: number | null, _actor: string): Promise<Schedule> {
    throw new Error("not built yet");
  }

  /** Settles, ends its waiting runs and deletes it; 412 when the revision is not `expected` (null: any). */
  remove(_id: string, _expected: number | null, _actor: string): Promise<void> {
    throw new Error("not built yet");
  }

  preview(_request: PreviewRequest): Preview {
    throw new Error("not built yet");
  }

  /** The sentence and the next `n` fires of a saved schedule, from its cursor on. */
  describe(_schedule: Schedule, _n: number): { sentence: string; nextFires: NextFire[] } {
    throw new Error("not built yet");
  }

  /** Settles everything due, batch after batch; answers how many schedules were due. */
  settleDue(_now?: Instant): Promise<number> {
    throw new Error("not built yet");
  }
}
