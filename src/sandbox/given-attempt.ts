// An attempt that a child was given: its bounds, who hears it, and what is known of it so far.
import type { Instant } from "../clock.ts";
import { lineBytes } from "../log-size.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { type Act, Ending } from "./ending.ts";
import { OutputCap, writtenLength } from "./lines.ts";
import type { InLine } from "./line.ts";
import { type AttemptFacts, type Exit, type Outcome, outcomeOf, type Step } from "./outcome.ts";
import type { FailedRecordTold, FromChild, ToldLine } from "./protocol.ts";

export interface AttemptLimits {
  timeoutMs: number;
  /** Between the abort signal and SIGTERM; SIGKILL comes 2 s later. */
  graceMs: number;
  /** Private memory of all its processes together. */
  memoryBytes: number;
  /** At a time, its child among them. */
  processes: number;
  /** Bytes of log lines that are handed on, each with `LINE_COST`; what comes after is only counted. */
  outputBytes: number;
  /** Where each was set, in words for the cause of an end. */
  from: { timeout: string; memory: string; processes: string };
}

/** Hears what an attempt tells, in order, and nothing after its outcome. */
export interface AttemptListener {
  lines(lines: readonly ToldLine[]): void;
  /** Lines that are not kept: their number, and the length of what they say. */
  dropped(lines: number, bytes: number): void;
  records(counts: RecordCounts, failed: readonly FailedRecordTold[]): void;
  progress(percent: number, message: string | null): void;
  state(key: string, value: unknown): void;
}

export interface Ended {
  outcome: Outcome;
  exitCode: number | null;
  signal: string | null;
  /** What was sent to end it, and when; empty when it ended by itself. */
  steps: readonly Step[];
  /**
   * When nothing was left of it: its process and all that it made. Null when its process lives on, clean, for the next
   * attempt of its version; and when something could not be ended, which then is in the log of the service.
   */
  groupEmptyAt: Instant | null;
  /** By the child's own clock; null when it did not live to tell. */
  tookMs: number | null;
}

/** One attempt that was given to a child. */
export interface GivenAttempt {
  /** Undefined: it was taken back before it began, and has to run elsewhere. */
  ended: Promise<Ended | undefined>;
  /** Asks it to end: the signal now, SIGTERM after the grace (its own, or the one given), SIGKILL 2 s later. */
  abort(reason: string, graceMs?: number): void;
}

/** What the service keeps of an attempt while a child has it. */
export interface Attempt extends InLine {
  listener: AttemptListener;
  limits: { -readonly [K in keyof AttemptLimits]: AttemptLimits[K] };
  facts: { -readonly [K in keyof AttemptFacts]: AttemptFacts[K] };
  ending: Ending;
  /** How much of its log is kept. */
  cap: OutputCap;
  /** Its child runs nothing after it. */
  readonly alone: boolean;
  /** False when it has told that it made no processes. */
  made: boolean;
  tookMs: number | null;
  begunAt: number;
  /** Asked to end before it began. */
  asked: string | null;
  done(ended: Ended | undefined): void;
}

export function givenAttempt(
  n: number,
  alone: boolean,
  limits: AttemptLimits,
  listener: AttemptListener,
  act: Act,
): { attempt: Attempt; ended: Promise<Ended | undefined> } {
  const ending = new Ending(act, n);
  const { steps } = ending;
  let done!: Attempt["done"];
  const ended = new Promise<Ended | undefined>((resolve) => (done = resolve));
  const attempt: Attempt = {
    n,
    heard: false,
    listener,
    limits: { ...limits },
    facts: {
      told: null,
      exit: null,
      endedBy: null,
      steps,
      protocolFault: null,
      exiting: null,
      lastLine: null,
    },
    ending,
    cap: new OutputCap(limits.outputBytes),
    alone,
    made: true,
    tookMs: null,
    begunAt: 0,
    asked: null,
    done,
  };
  return { attempt, ended };
}

export type Idle = Extract<FromChild, { t: "idle" }>;

/** Why the child of this attempt is not to be used again; null when it is clean (X11) and small. */
export function whyNotAgain({ alone, ending, limits }: Attempt, { leftovers, bytes }: Idle): string | null {
  if (alone) return "fresh process for every attempt";
  if (leftovers.length > 0) return `left behind: ${leftovers.join(", ")}`;
  // Half of what the next attempt may use, and the program itself.
  if (bytes > limits.memoryBytes / 2 + 64 * 1024 * 1024) return `its memory has grown to ${bytes} bytes`;
  return ending.by ? "it had been asked to end" : null;
}

type Told = Extract<FromChild, { t: "log" | "dropped" | "exiting" | "records" | "progress" | "state" }>;

/** What the attempt tells goes to whoever hears it. */
export function handOn(attempt: Attempt, message: Told): void {
  const { listener, facts } = attempt;
  if (message.t === "log") {
    facts.lastLine = message.lines.findLast(notBlank)?.text ?? facts.lastLine;
    keepLines(attempt, message.lines);
  } else if (message.t === "dropped") {
    if (message.last.trim() !== "") facts.lastLine = message.last;
    listener.dropped(message.lines, message.bytes);
  } else if (message.t === "exiting") facts.exiting = message;
  else if (message.t === "records") listener.records(message.counts, message.failed);
  else if (message.t === "progress") listener.progress(message.percent, message.message);
  else listener.state(message.key, message.value);
}

const notBlank = ({ text }: ToldLine) => text.trim() !== "";

/** The child keeps to the cap by itself; what else is written in its name is counted here. */
function keepLines({ cap, listener }: Attempt, lines: readonly ToldLine[]): void {
  const kept = lines.filter((line) => cap.fits(lineBytes(line)));
  if (kept.length > 0) listener.lines(kept);
  if (kept.length === lines.length) return;
  const over = lines.slice(kept.length);
  const bytes = over.reduce(
    (sum, line) => sum + lineBytes(line) - line.text.length + writtenLength(line.text),
    0,
  );
  listener.dropped(lines.length - kept.length, bytes);
}

/** What the engine writes to stderr before it ends its own process. */
export const HEAP_FULL = /FATAL ERROR: .*(heap out of memory|Allocation failed|out of memory)/;

/** It is over; with `exit` its process is, too, and `errors` is the end of what it wrote to stderr by itself. */
export function settled({ ending, facts, limits }: Attempt, exit: Exit | undefined, errors: string): Outcome {
  ending.stop();
  facts.exit = exit ?? null;
  facts.endedBy = ending.by;
  if (!ending.by && exit?.signal && HEAP_FULL.test(errors))
    facts.endedBy = { kind: "heap_full", limit: limits.memoryBytes, from: limits.from.memory };
  return outcomeOf(facts);
}
