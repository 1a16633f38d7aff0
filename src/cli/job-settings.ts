// `jobmount jobs show|edit|enable|disable`: one job, what is set for it above its code, and whether it runs at all.
import type { Command } from "commander";
import { formatDuration } from "../duration.ts";
import { type CliContext, settings } from "./context.ts";
import { usageError } from "./exit.ts";
import { fetchJob, jobPath, type RemoteEffect, type RemoteJob } from "./remote.ts";
import { effectText, wholeNumber } from "./schedule-controls.ts";
import { needServer, type Server } from "./server.ts";
import { printable, table } from "./terminal.ts";

const JOB = "the job: billing.sync-orders, or source:key";
/** What the service takes, as a job itself may declare it. */
const ATTEMPTS = [1, 100] as const;
const CONCURRENCY = [1, 10_000] as const;

/** What can be taken back, and the field of the contract that it is. */
const SETTINGS: Readonly<Record<string, keyof Patch>> = {
  timeout: "timeout",
  retries: "retries",
  overlap: "overlap",
  concurrency: "concurrency",
  "max-failed-share": "maxFailedShare",
  notes: "notes",
};

interface Tries {
  attempts: number;
  backoff: string;
  backoffMs: number;
  factor: number;
  maxMs: number;
}

interface Patch {
  timeout?: string | null;
  retries?: Partial<Tries> | null;
  overlap?: string | null;
  concurrency?: number | null;
  maxFailedShare?: number | null;
  notes?: string | null;
}

interface EditOptions {
  timeout?: string;
  attempts?: string;
  backoff?: string;
  overlap?: string;
  concurrency?: string;
  maxFailedShare?: string;
  notes?: string;
  takeBack?: string;
  json?: boolean;
}

export function defineSettings(command: Command, context: CliContext): void {
  defineShow(command, context);
  defineEdit(command, context);
  defineSwitch(command, context, "enable");
  defineSwitch(command, context, "disable");
}

function defineShow(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("show")
    .argument("<key>", JOB)
    .description("one job: its state, and its settings with where each of them comes from")
    .option("--json", "as JSON, with everything")
    .action(async (key: string, { json }: { json?: boolean }) => {
      const job = await fetchJob(await needServer(context, settings(context)), key, signal);
      if (json) return terminal.json(job);
      terminal.data(table(details(job)));
    });
}

function defineEdit(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command
    .command("edit")
    .argument("<key>", JOB)
    .description("set what is given above the code of a job; refused when somebody else changed it meanwhile")
    .option("--timeout <duration>", "of its attempts, such as 10m")
    .option("--attempts <n>", "tries in all, the first one counted")
    .option("--backoff <duration>", "from one try to the next, such as 30s")
    .option("--overlap <policy>", "of new schedules: skip, buffer_one, buffer_all, cancel_other, allow_all")
    .option("--concurrency <n>", "so many of its runs at a time")
    .option("--max-failed-share <share>", "a larger share of failed records fails the run: 0 to 1")
    .option("--notes <text>", "for whoever comes next")
    .option(
      "--take-back <settings>",
      `${Object.keys(SETTINGS).join(", ")} by comma, or all: as its code says`,
    )
    .option("--json", "print the job as JSON")
    .action(async (key: string, options: EditOptions) => {
      const patch = patchOf(options);
      const server = await needServer(context, settings(context));
      const job = (await patchJob(server, key, (held) => onto(held, patch), signal)) as RemoteJob;
      if (options.json) return terminal.json(job);
      terminal.say(`${key} is changed: ${setText(job)}`);
    });
}

function defineSwitch(command: Command, context: CliContext, verb: "enable" | "disable"): void {
  const { terminal, signal } = context;
  const enabled = verb === "enable";
  command
    .command(verb)
    .argument("<key>", JOB)
    .description(enabled ? "let a job run again, from now on" : "switch a job off: nothing of it runs")
    .option("--dry-run", "only say what it would do to fires that are owed")
    .option("--json", "print the answer as JSON")
    .action(async (key: string, { dryRun, json }: { dryRun?: boolean; json?: boolean }) => {
      const server = await needServer(context, settings(context));
      const answer = await patchJob(server, key, () => ({ enabled, dryRun }), signal);
      if (json) return terminal.json(answer);
      if (dryRun) return terminal.data(effectText(answer as RemoteEffect));
      terminal.say(enabled ? `${key} is on` : `${key} is off: nothing of it runs until it is enabled`);
    });
}

/** As it was when it was read: what others changed meanwhile is not written over. */
async function patchJob(
  server: Server,
  key: string,
  bodyOf: (held: RemoteJob) => object,
  signal: AbortSignal,
): Promise<unknown> {
  const held = await fetchJob(server, key, signal);
  const headers = {
    "if-match": `"${held.revision}"`,
    "content-type": "application/merge-patch+json",
  };
  return (await server.ask("PATCH", jobPath(key), { body: bodyOf(held), headers, signal })).body;
}

/** Tries are set as a whole: what is not given stays as it holds now, also when the code says it. */
function onto({ retries }: RemoteJob, patch: Patch): Patch {
  if (!patch.retries || !retries) return patch;
  const { attempts = retries.attempts, backoff } = patch.retries;
  const { backoffMs, factor, maxMs } = retries;
  return { ...patch, retries: { attempts, factor, maxMs, ...(backoff ? { backoff } : { backoffMs }) } };
}

function patchOf(options: EditOptions): Patch {
  const { timeout, backoff, overlap, notes } = options;
  const attempts = wholeNumber("--attempts", options.attempts, ATTEMPTS);
  const retries = attempts === undefined && backoff === undefined ? undefined : { attempts, backoff };
  const concurrency = wholeNumber("--concurrency", options.concurrency, CONCURRENCY);
  const maxFailedShare = shareOf(options.maxFailedShare);
  const patch: Patch = { timeout, retries, overlap, concurrency, maxFailedShare, notes };
  for (const name of namesOf(options.takeBack)) {
    const field = SETTINGS[name]!;
    if (patch[field] !== undefined)
      throw usageError(`--${name} is given and taken back: leave one of them out`);
    patch[field] = null;
  }
  if (Object.values(patch).every((value) => value === undefined))
    throw usageError("say what is to be changed: --timeout, --attempts, --concurrency, --take-back …");
  return patch;
}

function namesOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const all = Object.keys(SETTINGS);
  const names = text === "all" ? all : text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !all.includes(name));
  if (wrong === undefined) return names;
  throw usageError(
    `--take-back takes ${all.join(", ")} by comma, or all, but holds ${JSON.stringify(wrong)}`,
  );
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = /^\d{1,3}(\.\d{1,10})?$/.test(text) ? Number(text) : NaN;
  if (share >= 0 && share <= 1) return share;
  throw usageError(`--max-failed-share takes a number from 0 to 1, but is ${JSON.stringify(text)}`);
}

/** A row for each setting: its name, what holds, and the field of the contract that says whether it was set. */
function settingsOf(job: RemoteJob): [name: string, holds: string, field: string][] {
  const { timeoutMs, retries, overlap, concurrency, maxFailedShare } = job;
  if (timeoutMs === null || retries === null || maxFailedShare === null) return [];
  const share = Math.round(maxFailedShare * 10_000) / 100;
  return [
    ["timeout", spanOf(timeoutMs), "timeoutMs"],
    ["retries", triesText(retries), "retries"],
    ["overlap", overlap ?? "-", "overlap"],
    ["concurrency", concurrency === null ? "no limit" : `${concurrency} at a time`, "concurrency"],
    ["failed share", `at most ${share} %`, "maxFailedShare"],
  ];
}

function triesText({ attempts, backoffMs }: { attempts: number; backoffMs: number }): string {
  return attempts === 1 ? "1 try" : `${attempts} tries with ${spanOf(backoffMs)} between them`;
}

/** As somebody would set it: 1h, not 1h 0s. */
function spanOf(ms: number): string {
  return formatDuration(ms).replace(/ 0s$/, "");
}

function setText(job: RemoteJob): string {
  const set = settingsOf(job)
    .filter(([, , field]) => field in job.overrides)
    .map(([name, holds]) => (name === "retries" ? holds : `${name} ${holds}`));
  if (job.notes !== null) set.push(`notes ${JSON.stringify(printable(job.notes))}`);
  return set.length === 0 ? "all is as its code says" : set.join(", ");
}

function details(job: RemoteJob): string[][] {
  const rows = [
    ["job", `${job.source}:${job.key}`],
    ["name", printable(job.name)],
    ["state", job.enabled ? job.loadState : `${job.loadState}, off`],
    [
      "version",
      job.version === null ? "none" : `${job.version.hash.slice(0, 7)}${job.pinned ? " (pinned)" : ""}`,
    ],
    ...settingsOf(job).map(([name, holds, field]) => [
      name,
      holds,
      field in job.overrides ? "set above its code" : "as its code says",
    ]),
    ["next run", job.nextRunAt ?? "none"],
    ...(job.notes === null ? [] : [["notes", printable(job.notes)]]),
  ];
  return rows;
}
