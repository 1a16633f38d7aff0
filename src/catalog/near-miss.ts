// What looks like a job and is none, with the one step that would make it one.
import { keyProblem, suggestedKey } from "./key.ts";
import { loadProblem } from "./load-problem.ts";
import type { Finding } from "./scan.ts";
import type { TreePath } from "./tree.ts";

const CODE = /\.[cm]?[jt]sx?$/;
/** Code that is there for other reasons than to be a job. */
const SUPPORT = /^[_.]|\.(d|test|spec|config)\.[cm]?[jt]sx?$/;
const OTHER_ENTRY = /^(job|index|main)\.[cm]?[jt]sx?$/i;

export interface Surroundings {
  /** Below a folder that has a job.ts: then code is that job's own. */
  inTask: boolean;
  jobsBelow: number;
}

/** The findings for one folder without a job.ts of its own; `path` is "" for the root. */
export function nearMiss(path: TreePath, files: readonly string[], around: Surroundings): Finding[] {
  if (around.inTask) return [];
  const code = files.filter((name) => CODE.test(name) && !SUPPORT.test(name));
  if (path === "") return code.map(inRoot);
  const entry = code.find((name) => OTHER_ENTRY.test(name));
  if (entry !== undefined) {
    // A folder that groups jobs may well have an index of its own.
    if (around.jobsBelow > 0 && !/^job\./i.test(entry)) return [];
    return [wrongName(path, entry)];
  }
  if (code.length === 0 || around.jobsBelow > 0) return [];
  return [withoutEntry(path, code)];
}

function inRoot(name: string): Finding {
  if (name === "job.ts") {
    const hint =
      "move it into a folder of its own, such as my-job/job.ts; the folder's name is the job's key";
    return finding(name, "E104", "job.ts lies in the root of the source, where it is no job", hint);
  }
  const bare = name.replace(CODE, "");
  const key = OTHER_ENTRY.test(name) ? "my-job" : keyProblem(bare) === null ? bare : suggestedKey(bare);
  return finding(
    name,
    "E102",
    `${name} is no job: a job is a folder with a job.ts`,
    `move it to ${key}/job.ts`,
  );
}

function wrongName(path: TreePath, entry: string): Finding {
  const typescript = /\.tsx?$/i.test(entry) ? "" : "; JavaScript is valid in it";
  return finding(
    `${path}/${entry}`,
    "E103",
    `${path}/${entry} is no job: the file has to be called job.ts`,
    `rename it to ${path}/job.ts${typescript}`,
  );
}

function withoutEntry(path: TreePath, code: readonly string[]): Finding {
  const only = code.length === 1 ? `rename ${code[0]} to job.ts` : "call the file with the class Job job.ts";
  const name = path.split("/").at(-1) ?? path;
  return finding(
    path,
    "E105",
    `${path} has code and no job.ts`,
    `${only}, or rename the folder to _${name} when jobs only import from it`,
  );
}

function finding(path: TreePath, code: string, message: string, hint: string): Finding {
  return { path, problem: loadProblem(code, message, hint, { file: path }) };
}
