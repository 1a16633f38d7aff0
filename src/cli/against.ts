// `validate --against`: what a running service would make of this folder: schedules held or released, jobs gone.
import { checkSchema } from "../json-schema.ts";
import { paramChanges, type ParamChange } from "../catalog/param-changes.ts";
import { checkParams, findParam } from "../sdk/params.ts";
import { isSecret } from "../sdk/param-types.ts";
import type { JobSpec, ParamDefinition } from "../sdk/spec.ts";
import type { Checked } from "./check-source.ts";
import { CliError, EXIT } from "./exit.ts";
import { fetchAll, fetchShort, type RemoteJob, type RemoteSchedule } from "./remote.ts";
import type { Server } from "./server.ts";

export interface Affected {
  source: string;
  /** With `/`, as in the folder. */
  job: string;
  schedule: string;
  name: string | null;
  errors: { pointer: string; message: string }[];
}

export interface Against {
  url: string;
  /** Jobs whose params differ from those that the service serves now. */
  changes: { source: string; job: string; params: ParamChange[] }[];
  /** Schedules whose saved params would not fit any more. */
  holds: Affected[];
  /** Schedules that are held now, and would fire again. */
  releases: Affected[];
  /** Schedules that cannot be told from here: they hang on the value of a secret, which no service shows. */
  unknown: Affected[];
  /** Jobs that stay on the version they are pinned to; `holds`: schedules that unpinning would hold then, or may. */
  pinned: { source: string; job: string; holds: number }[];
  /** Jobs of the service that this folder does not have; their schedules are skipped until the folder returns. */
  gone: { source: string; job: string; schedules: number }[];
}

type Schedule = RemoteSchedule & {
  params: Record<string, unknown>;
  held: { reason: string } | null;
};

/** `source`: its name on the service. */
export async function compareWith(
  server: Server,
  source: string,
  checked: readonly Checked[],
  signal: AbortSignal,
): Promise<Omit<Against, "url">> {
  const names = (await fetchShort<{ name: string }>(server, "/sources", signal)).map(({ name }) => name);
  if (!names.includes(source)) {
    const message = `The service at ${server.target.name} has no source "${source}"; it has ${names.join(", ")}. Name the one that this folder is with --source.`;
    throw new CliError(EXIT.refused, message);
  }
  const [jobs, schedules] = await Promise.all([
    fetchAll<RemoteJob>(server, "/jobs", { source }, signal),
    fetchAll<Schedule>(server, "/schedules", { source }, signal),
  ]);
  const found: Omit<Against, "url"> = {
    changes: [],
    holds: [],
    releases: [],
    unknown: [],
    pinned: [],
    gone: [],
  };
  for (const job of jobs) compareJob(found, source, job, schedules, checked);
  return found;
}

function compareJob(
  found: Omit<Against, "url">,
  source: string,
  remote: RemoteJob,
  schedules: readonly Schedule[],
  checked: readonly Checked[],
): void {
  const job = remote.key.replaceAll(".", "/");
  const own = schedules.filter((schedule) => schedule.job === remote.key);
  const here = checked.find((one) => one.key === job);
  if (!here) {
    if (remote.loadState !== "missing") found.gone.push({ source, job, schedules: own.length });
    return;
  }
  // What does not load changes nothing: the last good version serves on.
  if (here.spec === null) return;
  if (remote.pinned) {
    const held = own.filter(({ params }) => {
      const { errors, unknown } = judge(here.spec!, remote, params);
      return errors.length + unknown.length > 0;
    });
    found.pinned.push({ source, job, holds: held.length });
    return;
  }
  const before = remote.version === null ? null : remote;
  const params = before ? paramChanges(before, here.spec) : [];
  if (params.length > 0) found.changes.push({ source, job, params });
  for (const schedule of own) {
    const { errors, unknown } = judge(here.spec, before, schedule.params);
    const affected = { source, job, schedule: schedule.id, name: schedule.name };
    if (errors.length > 0) found.holds.push({ ...affected, errors });
    else if (unknown.length > 0) found.unknown.push({ ...affected, errors: unknown });
    else if (schedule.held !== null) found.releases.push({ ...affected, errors: [] });
  }
}

interface Judged {
  errors: Affected["errors"];
  unknown: Affected["errors"];
}

/** Pure. Secrets come as `{ secret: true }`: whether there is one is known, what it is nobody tells. */
export function judge(
  spec: JobSpec,
  before: Pick<JobSpec, "requiredParams" | "optionalParams" | "paramGroups"> | null,
  params: Readonly<Record<string, unknown>>,
): Judged {
  const unknown: Judged["unknown"] = [];
  const secrets = Object.keys(params).filter((name) => isShownSecret(params[name]));
  const assumed: JobSpec = {
    ...spec,
    requiredParams: { ...spec.requiredParams },
    optionalParams: { ...spec.optionalParams },
  };
  for (const name of secrets) {
    const now = findParam(spec, name);
    if (!now) continue;
    const old = before ? findParam(before, name) : undefined;
    if (!isSecret(now) || (old && rules(old) !== rules(now))) {
      const message = "its rules changed, and its value is secret: whether it fits cannot be told from here";
      unknown.push({ pointer: `/${name}`, message });
    }
    if (isSecret(now)) continue;
    const list = Object.hasOwn(spec.requiredParams, name) ? assumed.requiredParams : assumed.optionalParams;
    list[name] = { type: "password" };
  }
  const answer = checkParams(assumed, params, { checkSchema, isSealed: isShownSecret });
  if (answer.ok) return { errors: [], unknown };
  return { errors: answer.errors.map(({ pointer, message }) => ({ pointer, message })), unknown };
}

function isShownSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { secret?: unknown }).secret === true;
}

function rules({ type, pattern, minLength, maxLength, schema, maxBytes }: ParamDefinition): string {
  return JSON.stringify([type, pattern, minLength, maxLength, schema, maxBytes]);
}
