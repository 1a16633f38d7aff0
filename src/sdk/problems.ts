// The mistakes that a task directory can make in what it exports and declares, by code; docs/load-errors.md explains each.
import type { SpecProblem } from "./context.ts";

/** Codes are for ever: a new mistake gets a new code, and none is given a second meaning. */
export const PROBLEM_CODES = {
  E001: "no exported Job",
  E002: "Job was not made by defineJob",
  E003: "the job is the default export only",
  E004: "two jobs in one task directory",
  E005: "no execute method",
  E006: "a member of the class has the name of something every job has",
  E007: "the definition is not plain data",
  E008: "unknown field of the definition",
  E009: "a field of the definition has a wrong type or value",
  E010: "not a duration",
  E011: "wrong retries",
  E012: "a number or size out of range",
  E013: "wrong env name or file glob",
  E014: "wrong suggested schedule",
  E015: "params of a suggested schedule do not fit",
  E020: "wrong param name",
  E021: "unknown param type",
  E022: "a param has a field that its type does not take",
  E023: "a field of a param has a wrong type or value",
  E024: "limits of a param contradict each other",
  E025: "wrong options of a select",
  E026: "a select default outside its options",
  E027: "a required param with a default",
  E028: "one param name in both lists",
  E029: "a wrong default",
  E030: "a wrong example",
  E031: "a wrong pattern",
  E032: "a wrong JSON Schema",
  E033: "a param group names an unknown param",
  E034: "a wrong param group",
} as const;

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** More than these help nobody; a generated definition may have thousands. */
const MAX_PROBLEMS = 50;

/** Collects what is wrong, in the order in which it was found. */
export class Problems {
  readonly list: SpecProblem[] = [];
  #total = 0;

  add(code: ProblemCode, pointer: string, message: string, hint: string, member?: string): void {
    this.#total += 1;
    if (this.list.length < MAX_PROBLEMS) this.list.push({ code, pointer, message, hint, member });
  }

  /** How many were added so far; a reader compares before and after. */
  get count(): number {
    return this.#total;
  }
}
