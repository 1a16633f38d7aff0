// One attempt here, without rows: the service's own pipeline, with its log lines and progress shown as they come.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Attempt } from "../actors/attempt.ts";
import type { JobVersion } from "../catalog/version.ts";
import { limitDefaults } from "../app/limits.ts";
import { systemClock } from "../clock.ts";
import { type Config, jobEnvironment } from "../config.ts";
import { newId } from "../ids.ts";
import type { ClaimedRun, FailedRecord, Telling } from "../runs/store.ts";
import type { RunError } from "../runs/task-run.ts";
import { secretParams } from "../sdk/params.ts";
import type { CliContext } from "./context.ts";
import { LocalState } from "./local-state.ts";
import { countsText, type EndedRun, logText } from "./outcome.ts";
import { printable, type Terminal } from "./terminal.ts";
import type { LocalSource, Workshop } from "./workshop.ts";

export interface LocalOutcome extends EndedRun {
  id: string;
  job: string;
  source: string;
  version: string;
  result: unknown;
  error: RunError | null;
  /** After what time the service would try it again; null when it would not. */
  retryInMs: number | null;
}

const SHOW_EVERY_MS = 50;
/** Refused records shown with key and reason. */
const REFUSED_SHOWN = 20;

/** Runs it once, whatever the job's retries say: who sits here sees what went wrong and may run it again. */
export async function runHere(
  context: CliContext,
  config: Config,
  workshop: Workshop,
  source: LocalSource,
  version: JobVersion,
  params: Record<string, unknown>,
): Promise<LocalOutcome> {
  const { terminal, signal } = context;
  const now = systemClock.now();
  const state = new LocalState(context.cwd, source.name, version.jobKey);
  const dataDir = join(config.filesDir, source.name);
  await mkdir(dataDir, { recursive: true });
  const prepared = await workshop.prepare(source, version);
  const attempt = new Attempt(claimOf(version, params, now), {
    pool: workshop.pool,
    versionOf: () => prepared,
    readParams: (spec, values) => ({
      ok: true,
      values,
      secrets: secretParams(spec).map((name) => values[name]),
    }),
    sealState: (_key, value) => value,
    jobState: () => state.read(),
    failedKeys: () => Promise.resolve([]),
    envFor: (names) => jobEnvironment(config, context.env, names),
    dataDirOf: () => dataDir,
    now: () => systemClock.now(),
    random: () => 0,
    owner: "cli",
    limits: {
      ...limitDefaults(config),
      // Nothing is kept, everything is shown.
      logBytes: Number.MAX_SAFE_INTEGER,
      failedRecords: Number.MAX_SAFE_INTEGER,
    },
  });
  const stop = () => {
    terminal.say("stopping the job; press Ctrl-C again to end at once");
    attempt.abort("user");
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  const screen = new Screen(terminal);
  const showing = setInterval(() => {
    const told = attempt.output.take();
    screen.show(told);
    // Else its end would tell it once more.
    attempt.output.arrived(told);
  }, SHOW_EVERY_MS);
  try {
    const finish = await attempt.execute();
    screen.show(finish);
    if (finish.error?.stack) terminal.say(terminal.paint("dim", printable(finish.error.stack)));
    await state.change(finish.state?.values ?? new Map());
    return {
      id: finish.runId,
      job: version.jobKey,
      source: source.name,
      version: version.hash,
      // A service would wait and try again; here this was all.
      state: finish.to === "retrying" ? "failed" : finish.to,
      reason: finish.reason,
      cause: finish.cause,
      durationMs: finish.finishedAt - finish.startedAt,
      records: finish.records,
      result: finish.result,
      error: finish.error,
      retryInMs: finish.to === "retrying" ? finish.availableAt - finish.finishedAt : null,
    };
  } finally {
    clearInterval(showing);
    signal.removeEventListener("abort", stop);
  }
}

function claimOf(version: JobVersion, params: Record<string, unknown>, now: number): ClaimedRun {
  return {
    id: newId("run", now),
    source: version.source,
    jobKey: version.jobKey,
    scheduleId: null,
    trigger: "cli",
    fireAt: null,
    attempt: 1,
    triesUsed: 0,
    maxAttempts: version.spec.retries.attempts,
    version: version.hash,
    params,
    overrides: {},
    availableAt: now,
    startedAt: now,
    logFrom: 1,
    logBytes: 0,
    droppedBytes: 0,
    priority: 0,
    heldSlot: false,
    hasState: true,
  };
}

/** Shows what an attempt has told, piece by piece. */
class Screen {
  #refused = 0;

  constructor(readonly terminal: Terminal) {}

  show(told: Pick<Telling, "lines" | "failedRecords" | "progress" | "records">): void {
    const { terminal } = this;
    for (const line of told.lines) terminal.say(logText(line, terminal));
    for (const record of told.failedRecords) this.#showRefused(record);
    const parts: string[] = [];
    if (told.progress) parts.push(`${Math.floor(told.progress.percent)}%`, told.progress.message ?? "");
    if (told.records.processed > 0) parts.push(countsText(told.records));
    if (parts.length > 0) terminal.status(parts.filter((part) => part !== "").join("  "));
  }

  #showRefused({ key, reason }: FailedRecord): void {
    this.#refused++;
    if (this.#refused > REFUSED_SHOWN + 1) return;
    const text =
      this.#refused > REFUSED_SHOWN
        ? "more records failed; from here on they are only counted"
        : `record ${key ?? "?"} failed: ${reason ?? "no reason given"}`;
    this.terminal.say(this.terminal.paint("yellow", printable(text)));
  }
}
