// From the exports of a job.ts to its job spec, or to everything that is wrong with it. Never constructs the job.
import { fieldNames } from "./class-fields.ts";
import type { SpecProblem } from "./context.ts";
import { describeDefinition } from "./describe-definition.ts";
import { definedMark, type DefinedMark } from "./job.ts";
import { plainJson, sizeText } from "./json.ts";
import { MAX_DEFINITION_BYTES } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { Problems } from "./problems.ts";
import type { CheckSchema, JobSpec } from "./spec.ts";
import { kindOf, show, textOf } from "./text.ts";
import { TOOL_NAMES } from "./tools.ts";

export type Described = { spec: JobSpec } | { problems: SpecProblem[] };

export interface DescribeOptions {
  /** Holds defaults and examples of `json` params against their schema. */
  checkSchema?: CheckSchema;
}

/** Reads the namespace of an imported job.ts. Never throws, whatever the module exports. */
export function describeModule(moduleNamespace: unknown, options: DescribeOptions = {}): Described {
  const problems = new Problems();
  try {
    const Job = findJob(readExports(moduleNamespace), problems);
    const mark = Job && definedMark(Job);
    if (Job && mark) {
      checkClass(Job, mark, problems);
      const spec = readDefinition(mark.definition, problems, options);
      if (spec && problems.count === 0) return { spec };
    }
  } catch (error) {
    problems.add(
      "E007",
      "",
      `the module's exports cannot be read: ${textOf(error, 300)}`,
      "export a plain class that extends defineJob({ … })",
    );
  }
  return { problems: problems.list };
}

/** The exports by name; one that throws when it is read (an import cycle) counts as not there. */
function readExports(moduleNamespace: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (typeof moduleNamespace !== "object" || moduleNamespace === null) return found;
  for (const name of Object.keys(moduleNamespace)) {
    try {
      found.set(name, (moduleNamespace as Record<string, unknown>)[name]);
    } catch {
      found.set(name, undefined);
    }
  }
  return found;
}

type JobClass = (abstract new () => unknown) & { readonly prototype: object };

function findJob(exported: ReadonlyMap<string, unknown>, problems: Problems): JobClass | undefined {
  const Job = exported.get("Job");
  const jobs = [...exported].filter(([, value]) => definedMark(value));
  if (!exported.has("Job")) {
    noJob(exported, jobs, problems);
    return undefined;
  }
  if (!definedMark(Job)) {
    problems.add(
      "E002",
      "",
      `the exported Job is ${typeof Job === "function" ? "a class or function that does not extend defineJob(…)" : kindOf(Job)}`,
      'write: import { defineJob } from "jobmount"; export class Job extends defineJob({ name: "…" }) { async execute() { … } }',
    );
    return undefined;
  }
  for (const [name, other] of jobs) {
    // What Job extends may be exported too, and `export default Job` beside it does no harm.
    if (other === Job || isAncestor(other, Job)) continue;
    problems.add(
      "E004",
      "",
      `the module exports a second job, ${show(name)}, beside Job`,
      "give each job a folder of its own with a job.ts; share code through a folder that starts with _",
      name,
    );
  }
  return Job as JobClass;
}

function noJob(
  exported: ReadonlyMap<string, unknown>,
  jobs: readonly [string, unknown][],
  problems: Problems,
): void {
  const other = jobs.find(([name]) => name !== "default");
  if (!other && jobs.length > 0) {
    problems.add(
      "E003",
      "",
      "the job is the default export",
      "write `export class Job` instead of `export default class`",
    );
    return;
  }
  const near = other?.[0] ?? nearest("Job", exported.keys());
  const names = [...exported.keys()].slice(0, 10).join(", ");
  problems.add(
    "E001",
    "",
    exported.size === 0 ? "the module exports nothing" : `the module exports ${names}, but no Job`,
    other
      ? `write: export { ${other[0]} as Job }`
      : `export the class as Job: export class Job extends defineJob({ name: "…" })${near ? ` (${near} is another name)` : ""}`,
  );
}

function isAncestor(candidate: unknown, Job: unknown): boolean {
  for (let up: unknown = Job; typeof up === "function"; up = Object.getPrototypeOf(up)) {
    if (up === candidate) return true;
  }
  return false;
}

/** What can be seen of the class without constructing it: its methods, accessors and fields, up to the base. */
function checkClass(Job: JobClass, mark: DefinedMark, problems: Problems): void {
  let execute: unknown;
  const methods = new Set<string>();
  let up: object | null = Job.prototype;
  while (up !== null && up !== mark.base.prototype && up !== Object.prototype) {
    const fields = fieldNames(Object.getOwnPropertyDescriptor(up, "constructor")?.value);
    for (const name of TOOL_NAMES) {
      if (!Object.hasOwn(up, name) && !fields.includes(name)) continue;
      problems.add(
        "E006",
        "",
        `the class has a member "${name}", but this.${name} is something every job has`,
        `rename the member; taken are ${TOOL_NAMES.join(", ")}`,
        name,
      );
    }
    execute ??= Object.getOwnPropertyDescriptor(up, "execute")?.value;
    for (const name of Object.getOwnPropertyNames(up)) methods.add(name);
    up = Object.getPrototypeOf(up) as object | null;
  }
  const kind = typeof execute === "function" ? Object.prototype.toString.call(execute) : undefined;
  if (kind === undefined) {
    const meant = execute === undefined ? meantAsExecute(methods) : undefined;
    problems.add(
      "E005",
      "",
      execute === undefined
        ? "the class has no execute method"
        : `execute is ${kindOf(execute)}, not a method`,
      meant === undefined
        ? "write it as a method, not as a field: async execute() { … }"
        : `it has ${meant}; did you mean execute? The method that runs has that name: async execute() { … }`,
    );
  } else if (kind.includes("Generator")) {
    problems.add(
      "E005",
      "",
      "execute is a generator, whose body would never run",
      "remove the * before execute",
    );
  }
}

/** What other systems call the method that runs. */
const OTHER_NAMES = ["run", "main", "handle", "handler", "perform", "process", "exec"];

/** The one method that was surely meant: a slip of execute, or another system's name for it. */
function meantAsExecute(methods: ReadonlySet<string>): string | undefined {
  const names = [...methods].filter((name) => name !== "constructor");
  return nearest("execute", names) ?? OTHER_NAMES.find((name) => names.includes(name));
}

function readDefinition(
  definition: unknown,
  problems: Problems,
  options: DescribeOptions,
): JobSpec | undefined {
  const plain = plainJson(definition, { maxBytes: MAX_DEFINITION_BYTES, strict: true });
  if (!plain.ok) {
    problems.add(
      "E007",
      plain.pointer,
      `${plain.pointer === "" ? "the definition" : `the definition at ${plain.pointer}`} ${plain.message}`,
      plain.tooLarge
        ? `a definition has at most ${sizeText(MAX_DEFINITION_BYTES)}; keep data in files beside job.ts`
        : "a definition is plain data: texts, numbers, true, false, lists and objects",
    );
    return undefined;
  }
  if (typeof plain.value !== "object" || plain.value === null || Array.isArray(plain.value)) {
    problems.add("E007", "", `the definition is ${kindOf(plain.value)}`, 'write defineJob({ name: "…" })');
    return undefined;
  }
  return describeDefinition(plain.value as Record<string, unknown>, problems, options.checkSchema);
}
