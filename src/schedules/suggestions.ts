// Accepting what a job suggests in its code: each suggestion makes one schedule, however many ask for it at once.
import { conflict } from "../errors.ts";
import type { SuggestedSchedule } from "../sdk/spec.ts";
import type { RequestRef, Schedule } from "./schedule.ts";
import type { Schedules } from "./schedules.ts";

export interface SuggestionsDeps {
  schedules: Pick<Schedules, "create" | "madeFrom">;
  /** Does it when nobody else does what bears this name, in any process. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export interface AcceptRequest {
  source: string;
  jobKey: string;
  suggestion: SuggestedSchedule;
  /** All that the job's code suggests: what tells the one from the others. */
  suggestions: readonly SuggestedSchedule[];
  /** Laid over those of the suggestion. */
  params: Record<string, unknown> | undefined;
  idempotency?: RequestRef;
}

export class Suggestions {
  readonly #deps: SuggestionsDeps;

  constructor(deps: SuggestionsDeps) {
    this.#deps = deps;
  }

  /** Committed when it answers (A1); 409 when a schedule was made from this suggestion already. */
  accept(request: AcceptRequest, actor: string): Promise<Schedule> {
    const { schedules, alone } = this.#deps;
    const { source, jobKey, suggestion, suggestions, params, idempotency } = request;
    return alone(suggestionsLock(source, jobKey), async () => {
      const made = await schedules.madeFrom({ source, jobKey }, suggestion, suggestions);
      if (made) {
        const next = "PATCH or enable that one, or delete it first; POST /schedules makes any other.";
        throw conflict("already_accepted", `The schedule ${made.id} was made from it already. ${next}`);
      }
      const fields = { ...suggestion, params: { ...suggestion.params, ...params } };
      return schedules.create({ source, jobKey, fields, idempotency, suggestion }, actor);
    });
  }
}

/** Under this name schedules are made of what a job suggests, by whoever asks and by the service itself. */
export function suggestionsLock(source: string, jobKey: string): string {
  return `code_schedules ${source}:${jobKey}`;
}
