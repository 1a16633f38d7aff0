// What an admin sets above what a job declares, as somebody types it, and the merge patch that it means. Pure.
import type { Job } from "../../api/contract.ts";
import { same } from "../../form/draft.ts";
import { durationInput } from "../editor/schedule-draft.ts";

/** Empty: what the job declares holds. */
export interface OverridesDraft {
  timeout: string;
  attempts: string;
  backoff: string;
  factor: string;
  longest: string;
  overlap: string;
  concurrency: string;
  maxFailedShare: string;
  notes: string;
}

export type OverridesField = keyof OverridesDraft;

export function overridesOf({ overrides, notes }: Pick<Job, "overrides" | "notes">): OverridesDraft {
  const { timeoutMs, retries, overlap, concurrency, maxFailedShare } = overrides;
  const text = (value: number | undefined) => (value === undefined ? "" : String(value));
  return {
    timeout: timeoutMs === undefined ? "" : durationInput(timeoutMs),
    attempts: text(retries?.attempts),
    backoff: retries === undefined ? "" : durationInput(retries.backoffMs),
    factor: text(retries?.factor),
    longest: retries === undefined ? "" : durationInput(retries.maxMs),
    overlap: overlap ?? "",
    concurrency: text(concurrency),
    maxFailedShare: text(maxFailedShare),
    notes: notes ?? "",
  };
}

/** Only what has changed; null takes back what was set. What is no number goes out as typed: the service names the field. */
export function overridesPatch(before: OverridesDraft, after: OverridesDraft): Record<string, unknown> {
  const [was, is] = [settingsOf(before), settingsOf(after)];
  return Object.fromEntries(Object.entries(is).filter(([name, value]) => !same(value, was[name])));
}

function settingsOf(draft: OverridesDraft): Record<string, unknown> {
  const { timeout, attempts, backoff, factor, longest, overlap, concurrency, maxFailedShare, notes } = draft;
  const retries = {
    ...(attempts.trim() === "" ? {} : { attempts: number(attempts) }),
    ...(backoff.trim() === "" ? {} : { backoff: backoff.trim() }),
    ...(factor.trim() === "" ? {} : { factor: number(factor) }),
    ...(longest.trim() === "" ? {} : { max: longest.trim() }),
  };
  return {
    timeout: timeout.trim() || null,
    // Without a number of tries the waits mean nothing.
    retries: attempts.trim() === "" ? null : retries,
    overlap: overlap || null,
    concurrency: number(concurrency),
    maxFailedShare: number(maxFailedShare),
    notes: notes.trim() || null,
  };
}

function number(text: string): number | string | null {
  const typed = text.trim();
  if (typed === "") return null;
  return Number.isFinite(Number(typed)) ? Number(typed) : typed;
}

/** Where the service's pointers are drawn. */
const PLACES: Readonly<Record<string, OverridesField>> = {
  "/timeout": "timeout",
  "/timeoutMs": "timeout",
  "/retries": "attempts",
  "/retries/attempts": "attempts",
  "/retries/backoff": "backoff",
  "/retries/backoffMs": "backoff",
  "/retries/factor": "factor",
  "/retries/max": "longest",
  "/retries/maxMs": "longest",
  "/overlap": "overlap",
  "/concurrency": "concurrency",
  "/maxFailedShare": "maxFailedShare",
  "/notes": "notes",
};

export const overrideAt = (pointer: string): OverridesField | undefined => PLACES[pointer];
