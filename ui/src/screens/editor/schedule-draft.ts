// A schedule as somebody types it, and the body of a request that it means. Durations and instants stay texts: the service
// reads them, and says what is wrong with them.
import type { Schedule } from "../../api/contract.ts";
import { same } from "../../form/draft.ts";
import { counted } from "../../words/time.ts";

export const KINDS = ["cron", "every", "at"] as const;
export type Kind = (typeof KINDS)[number];

export interface ScheduleDraft {
  name: string;
  kind: Kind;
  cron: string;
  every: string;
  anchorAt: string;
  at: string;
  timeZone: string;
  gap: string;
  repeat: string;
  overlap: string;
  catchUp: string;
  window: string;
  most: string;
  jitter: string;
  timeout: string;
  attempts: string;
  backoff: string;
  factor: string;
  longest: string;
  startAt: string;
  endAt: string;
  maxRuns: string;
  maxFailedShare: string;
  pauseAfterFailures: string;
}

export type DraftField = keyof ScheduleDraft;
type Body = Record<string, unknown>;

/** `timeZone`: what the service takes when none is named. */
export function newDraft(timeZone: string): ScheduleDraft {
  return {
    name: "",
    kind: "cron",
    cron: "0 2 * * *",
    every: "15m",
    anchorAt: "",
    at: "",
    timeZone,
    gap: "next",
    repeat: "first",
    overlap: "",
    catchUp: "latest",
    window: "1h",
    most: "",
    jitter: "",
    timeout: "",
    attempts: "",
    backoff: "",
    factor: "",
    longest: "",
    startAt: "",
    endAt: "",
    maxRuns: "",
    maxFailedShare: "",
    pauseAfterFailures: "",
  };
}

export function draftOf(saved: Schedule): ScheduleDraft {
  const kind = saved.cron !== undefined ? "cron" : saved.everyMs !== undefined ? "every" : "at";
  const { retries } = saved;
  return {
    ...newDraft(saved.timeZone),
    name: saved.name ?? "",
    kind,
    ...(saved.cron === undefined ? {} : { cron: saved.cron }),
    ...(saved.everyMs === undefined ? {} : { every: durationInput(saved.everyMs) }),
    anchorAt: saved.anchorAt ?? "",
    at: saved.at ?? "",
    gap: saved.dst?.gap ?? "next",
    repeat: saved.dst?.repeat ?? "first",
    overlap: saved.overlap,
    catchUp: saved.catchUp.policy,
    window: durationInput(saved.catchUp.windowMs),
    most: String(saved.catchUp.max),
    jitter: saved.jitterMs === 0 ? "" : durationInput(saved.jitterMs),
    timeout: saved.timeoutMs === null ? "" : durationInput(saved.timeoutMs),
    attempts: retries === null ? "" : String(retries.attempts),
    backoff: retries === null ? "" : durationInput(retries.backoffMs),
    factor: retries === null ? "" : String(retries.factor),
    longest: retries === null ? "" : durationInput(retries.maxMs),
    startAt: saved.startAt ?? "",
    endAt: saved.endAt ?? "",
    maxRuns: textOf(saved.maxRuns),
    maxFailedShare: textOf(saved.maxFailedShare),
    pauseAfterFailures: textOf(saved.pauseAfterFailures),
  };
}

/** What says when: the body of a preview, and a part of the whole. */
export function whenOf(draft: ScheduleDraft): Body {
  const { kind, timeZone } = draft;
  const zone = given({ timeZone });
  switch (kind) {
    case "cron":
      return { cron: draft.cron, ...zone, dst: { gap: draft.gap, repeat: draft.repeat } };
    case "every":
      return { every: draft.every, ...given({ anchorAt: draft.anchorAt }), ...zone };
    case "at":
      return { at: draft.at, ...zone };
  }
}

/** The body of POST /schedules/preview: what says when, from its beginning where that is still to come. */
export function previewBody(draft: ScheduleDraft, now: number): Body {
  const start = Date.parse(draft.startAt);
  // A single instant is never before its time: whether it lies within the limits is seen of the answer.
  const later = draft.kind !== "at" && start > now;
  // The answer begins after `from`, and what is due at the very beginning belongs to it.
  return { ...whenOf(draft), ...(later ? { from: new Date(start - 1).toISOString() } : {}) };
}

/** Those of the next fires that are within the limits, and what the limits say of the others. `hasRun`: some have run already. */
export function withinLimits<T extends { at: string }>(
  { startAt, endAt, maxRuns }: Pick<ScheduleDraft, "startAt" | "endAt" | "maxRuns">,
  fires: readonly T[],
  hasRun = false,
): { fires: readonly T[]; says: readonly string[] } {
  const most = /^[1-9]\d*$/.test(maxRuns.trim()) ? Number(maxRuns) : null;
  const [start, end] = [Date.parse(startAt), Date.parse(endAt)];
  const within = fires.filter(({ at }) => !(Date.parse(at) < start) && !(Date.parse(at) > end));
  const says: string[] = [];
  if (within.length < fires.length)
    says.push(
      within.length === 0
        ? "It never fires: no fire lies between its beginning and its end."
        : "Nothing fires after its end.",
    );
  if (most !== null)
    says.push(`It is over after ${counted(most, "run")}${hasRun ? "; those that it has made count." : "."}`);
  return { fires: most === null || hasRun ? within : within.slice(0, most), says };
}

/** What is typed (`mine`), laid over what somebody else has saved since `before`; and which fields that are. */
export function rebased(
  before: ScheduleDraft,
  theirs: ScheduleDraft,
  mine: ScheduleDraft,
): { draft: ScheduleDraft; theirs: DraftField[]; both: DraftField[] } {
  const fields = Object.keys(before) as DraftField[];
  const typed = fields.filter((field) => mine[field] !== before[field]);
  const changed = fields.filter((field) => theirs[field] !== before[field]);
  const draft = { ...theirs, ...Object.fromEntries(typed.map((field) => [field, mine[field]])) };
  return { draft, theirs: changed, both: changed.filter((field) => typed.includes(field)) };
}

/** The body of POST /schedules, without job and params. What is empty is left out: its default holds. */
export function bodyOf(draft: ScheduleDraft): Body {
  const { attempts, backoff, factor, longest } = draft;
  const retries = { ...numbers({ attempts, factor }), ...given({ backoff, max: longest }) };
  const policy = draft.catchUp;
  const caught = {
    policy,
    ...given({ window: draft.window }),
    ...(policy === "all" ? numbers({ max: draft.most }) : {}),
  };
  const { name, overlap, jitter, timeout, startAt, endAt, maxRuns, maxFailedShare, pauseAfterFailures } =
    draft;
  return {
    ...given({ name, overlap, jitter, timeout, startAt, endAt }),
    ...whenOf(draft),
    catchUp: caught,
    ...(Object.keys(retries).length > 0 ? { retries } : {}),
    ...numbers({ maxRuns, maxFailedShare, pauseAfterFailures }),
  };
}

/** The merge patch that makes the one of the other: only what has changed, null for what is emptied. */
export function patchBetween(before: ScheduleDraft, after: ScheduleDraft): Body {
  const [was, is] = [bodyOf(before), bodyOf(after)];
  const patch: Body = {};
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (same(was[name], is[name])) continue;
    // Another kind of when takes the old one away by itself.
    const isOtherWhen =
      before.kind !== after.kind && ["cron", "every", "at", "anchorAt", "dst"].includes(name);
    if (name in is) patch[name] = is[name];
    else if (!isOtherWhen) patch[name] = null;
  }
  return patch;
}

/** `90m`, `36h`, `500ms`: exact, in the largest unit that divides it. */
export function durationInput(ms: number): string {
  for (const [unit, size] of UNITS) if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

const textOf = (value: number | null): string => (value === null ? "" : String(value));

function given(fields: Readonly<Record<string, string>>): Body {
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ""),
  );
}

/** What is no number goes out as it is typed, so that the service names the field. */
function numbers(fields: Readonly<Record<string, string>>): Body {
  const texts = Object.entries(given(fields)) as [string, string][];
  return Object.fromEntries(
    texts.map(([name, text]) => [name, Number.isFinite(Number(text)) ? Number(text) : text]),
  );
}

/** Where the service's pointers are drawn. */
const PLACES: Readonly<Record<string, DraftField>> = {
  "/name": "name",
  "/cron": "cron",
  "/every": "every",
  "/everyMs": "every",
  "/anchorAt": "anchorAt",
  "/at": "at",
  "/timeZone": "timeZone",
  "/dst/gap": "gap",
  "/dst/repeat": "repeat",
  "/overlap": "overlap",
  "/catchUp/policy": "catchUp",
  "/catchUp/window": "window",
  "/catchUp/windowMs": "window",
  "/catchUp/max": "most",
  "/jitter": "jitter",
  "/jitterMs": "jitter",
  "/timeout": "timeout",
  "/timeoutMs": "timeout",
  "/retries/attempts": "attempts",
  "/retries/backoff": "backoff",
  "/retries/backoffMs": "backoff",
  "/retries/factor": "factor",
  "/retries/max": "longest",
  "/retries/maxMs": "longest",
  "/startAt": "startAt",
  "/endAt": "endAt",
  "/maxRuns": "maxRuns",
  "/maxFailedShare": "maxFailedShare",
  "/pauseAfterFailures": "pauseAfterFailures",
};

export const fieldAt = (pointer: string): DraftField | undefined => PLACES[pointer];
