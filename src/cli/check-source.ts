// Every job of one folder, loaded as the service would, with what is wrong with each.
import { ENTRY_NAME } from "../catalog/key.ts";
import { scanSource } from "../catalog/scan.ts";
import { type LoadProblem, loadProblem } from "../catalog/load-problem.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { ExpectedError } from "../errors.ts";
import { readDefinition } from "../schedules/input.ts";
import type { CliContext } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { type LocalSource, parentOfTask, rootOf, type Workshop } from "./workshop.ts";

/** A job, or something that looks like one and is none. */
export interface Checked {
  /** Key of the job, or the path inside the folder. */
  key: string;
  name: string | null;
  /** Of the version that a service would make of it; null when it does not load. */
  hash: string | null;
  /** Null when it does not load. */
  spec: JobSpec | null;
  problems: LoadProblem[];
}

/** Builds side by side are quick and describing is one after the other, so more would only wait. */
const AT_A_TIME = 4;

/** Sorted by key. `timeZone`: that of suggested schedules which name none. */
export async function checkSource(
  workshop: Workshop,
  source: LocalSource,
  timeZone: string,
  { cwd, signal }: Pick<CliContext, "cwd" | "signal">,
): Promise<Checked[]> {
  const scan = await scanSource(await rootOf(source));
  const parent = parentOfTask(scan, source, cwd);
  if (parent !== null) return [ownFolder(source, parent)];
  const { tasks, findings } = scan;
  const checked: Checked[] = findings.map(({ path, problem }) => ({
    key: path,
    name: null,
    hash: null,
    spec: null,
    problems: [problem],
  }));
  const waiting = [...tasks];
  const next = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      if (signal.aborted) throw new CliError(EXIT.interrupted, "interrupted");
      checked.push(await checkJob(workshop, source, key, timeZone));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
  return checked.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function ownFolder(source: LocalSource, parent: string): Checked {
  const hint = `validate its parent: npx jobmount validate ${parent}`;
  const problem = loadProblem("E104", `${source.path} is a job's own folder, not a folder of jobs`, hint, {
    file: ENTRY_NAME,
  });
  return { key: ENTRY_NAME, name: null, hash: null, spec: null, problems: [problem] };
}

async function checkJob(
  workshop: Workshop,
  source: LocalSource,
  key: string,
  timeZone: string,
): Promise<Checked> {
  const loaded = await workshop.load(source, key);
  if (loaded.kind === "good") {
    const { spec, hash } = loaded.version;
    return { key, name: spec.name, hash, spec, problems: scheduleProblems(spec, key, timeZone) };
  }
  const problem =
    loaded.kind === "bad"
      ? loaded.problem
      : loadProblem("E112", `${loaded.path} keeps changing while it is read`, "try again when it is still");
  return { key, name: null, hash: null, spec: null, problems: [problem] };
}

/** A suggestion that the service would refuse is found here, and not when an admin accepts it. */
function scheduleProblems(spec: JobSpec, key: string, timeZone: string): LoadProblem[] {
  return spec.schedules.flatMap((schedule, index) => {
    try {
      const { name, cron, every, timeZone: zone } = schedule;
      readDefinition(
        { name, cron, every, timeZone: zone },
        { now: Date.now(), timeZone, overlap: spec.overlap },
      );
      return [];
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      return error.fields.map((field) =>
        loadProblem(
          "schedule",
          `the suggested schedule ${index + 1} would be refused: ${field.pointer.slice(1)} ${field.message}`,
          `try it with: npx jobmount preview '${schedule.cron ?? ""}'`,
          { file: `${key}/job.ts` },
        ),
      );
    }
  });
}
