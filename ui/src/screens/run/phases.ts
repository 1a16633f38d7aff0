// What a run has been through: its waits and its attempts, one after the other. Pure.
import type { Attempt, Run } from "../../api/contract.ts";
import { plainWords, runLook, type Tone } from "../../words/states.ts";

export interface Phase {
  kind: "wait" | "attempt";
  name: string;
  /** How it ended, or that it goes on. */
  says: string;
  tone: Tone;
  from: number;
  /** Null while it goes on. */
  to: number | null;
  attempt: Attempt | null;
}

type Told = Pick<Run, "state" | "reason" | "queuedAt" | "availableAt" | "finishedAt" | "attempts">;

/** Attempts that came too late to count are told, and leave no wait behind them. */
export function phasesOf(run: Told): Phase[] {
  const phases: Phase[] = [];
  let since = Date.parse(run.queuedAt);
  let wait = "Queued";
  for (const attempt of run.attempts ?? []) {
    const from = Date.parse(attempt.startedAt);
    if (from > since) phases.push(waitPhase(wait, since, from));
    phases.push(attemptPhase(attempt, from));
    since = attempt.finishedAt === null ? Infinity : Date.parse(attempt.finishedAt);
    wait = attempt.state === "queued" ? "Queued again" : "Wait before the next attempt";
  }
  if (run.state === "queued" || run.state === "retrying") phases.push(waitPhase(wait, since, null));
  else if (run.state === "cancelled" && (run.attempts ?? []).length === 0 && run.finishedAt !== null) {
    phases.push(waitPhase(wait, since, Date.parse(run.finishedAt)));
  }
  return phases;
}

function waitPhase(name: string, from: number, to: number | null): Phase {
  return { kind: "wait", name, says: to === null ? "goes on" : "", tone: "wait", from, to, attempt: null };
}

function attemptPhase(attempt: Attempt, from: number): Phase {
  const { tone, word } = runLook(attempt.state);
  const reason = attempt.reason === null ? "" : `: ${plainWords(attempt.reason)}`;
  return {
    kind: "attempt",
    name: `Attempt ${attempt.attempt}`,
    says: `${attempt.state === "queued" ? "given back" : word}${reason}${attempt.late ? ", too late to count" : ""}`,
    tone: attempt.state === "retrying" ? "bad" : tone,
    from,
    to: attempt.finishedAt === null ? null : Date.parse(attempt.finishedAt),
    attempt,
  };
}

export interface PlacedPhase extends Phase {
  /** In percent of the whole. */
  start: number;
  width: number;
}

/** Laid out from the first to the last, each wide enough to be seen. */
export function placePhases(phases: readonly Phase[], now: number): PlacedPhase[] {
  const first = Math.min(...phases.map(({ from }) => from));
  const last = Math.max(...phases.map(({ to }) => to ?? now), first + 1);
  return phases.map((phase) => {
    const start = ((phase.from - first) / (last - first)) * 100;
    const width = Math.max(
      0.6,
      (((phase.to ?? Math.max(now, phase.from)) - phase.from) / (last - first)) * 100,
    );
    return { ...phase, start: Math.min(start, 99.4), width: Math.min(width, 100 - Math.min(start, 99.4)) };
  });
}
