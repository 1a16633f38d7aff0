// The ways in which a task directory fails to load: one code each, with a sentence and the next step.
import type { LoadError } from "./version.ts";

/** A load error before it is known since when it lasts, and for which state of the folder. */
export type LoadProblem = Omit<LoadError, "since" | "hash">;

/**
 * The codes that the catalog itself gives; E0xx are the contract's own (sdk). `docs/load-errors.md` has a part for each.
 */
export const CATALOG_RULES = {
  syntax: "the code cannot be parsed",
  resolve: "an imported file does not exist",
  E101: "a folder name cannot be a job's key",
  E102: "a flat code file where a folder with a job.ts is meant",
  E103: "the entry file has another name than job.ts",
  E104: "a job.ts in the root of the source",
  E105: "a folder of code without a job.ts",
  E106: "job.ts is not a plain file",
  E107: "a file is too large",
  E108: "job.ts is empty",
  E109: "a link leads outside the source",
  E110: "a link leads back to a folder that holds it",
  E111: "too many folders, or too deep",
  E112: "a file or folder cannot be read",
  E120: "a package is not installed",
  E121: "an import leads outside the source",
  E122: "jobmount has no export of that name",
  E123: "an import that is not supported",
  E124: "a package with native code was installed for another platform",
  E130: "the module threw while it was loaded",
  E131: "loading the module took too long",
  E132: "the process that loaded the module ended",
  E133: "loading the module took too much memory",
  E141: "the data files are too large",
} as const;

export type CatalogRule = keyof typeof CATALOG_RULES;

/** Errors that the same files need not give again: a hint that something changed is enough to try once more. */
const MAY_PASS = new Set<string>(["E112", "E120", "E124", "E130", "E131", "E132", "E133"]);

export function mayPass(code: string): boolean {
  return MAY_PASS.has(code);
}

/** Where in which file; lines and columns count from 1. */
export interface Place {
  file: string | null;
  line?: number | null;
  column?: number | null;
  frame?: string | null;
}

export function loadProblem(code: string, message: string, hint: string | null, place?: Place): LoadProblem {
  return {
    code,
    message,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    frame: place?.frame ?? null,
    hint,
  };
}

/** Each problem by itself; the first has the code frame. */
export function problemsOf(problem: LoadProblem): Omit<LoadProblem, "problems" | "file">[] {
  const { problems, ...only } = problem;
  if (!problems || problems.length < 2) return [only];
  return problems.map((one, index) => ({ ...one, frame: index === 0 ? problem.frame : null }));
}

/** Thrown inside one load to end it with a problem; never leaves this folder. */
export class LoadFailure extends Error {
  constructor(readonly problem: LoadProblem) {
    super(problem.message);
  }
}

/** Whether it is the same mistake at the same places. */
export function sameProblem(before: LoadProblem, problem: LoadProblem): boolean {
  return (
    before.code === problem.code &&
    before.message === problem.message &&
    before.file === problem.file &&
    before.line === problem.line &&
    before.column === problem.column &&
    before.frame === problem.frame &&
    placesOf(before) === placesOf(problem)
  );
}

/** Where each of several mistakes lies; what they say stands in the message already. */
function placesOf({ problems }: LoadProblem): string {
  return (problems ?? []).map(({ line, column }) => `${line}:${column}`).join(" ");
}

/** Of a folder that would not hold still. */
export function movingProblem(path: string): LoadProblem {
  return loadProblem(
    "E112",
    `${path} does not stop changing, so the folder cannot be read as it is at one moment`,
    "let what writes there write elsewhere (this.dataDir), or put finished files in place by a rename",
    { file: path },
  );
}
