// What describing a bundle found wrong, in words and with the place in the job's own files.
import { SourceMap } from "node:module";
import type { SpecProblem } from "../sdk/context.ts";
import type { Description, ModuleThrow } from "./describe.ts";
import { codeFrame } from "./frame.ts";
import { loadProblem, type LoadProblem, type Place } from "./load-problem.ts";
import { otherBinary } from "./other-binary.ts";
import { isInPackage } from "./resolve.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TreePath } from "./tree.ts";

/** What is needed to say where in the job's files something happened. */
export interface Described {
  snapshot: Snapshot;
  entry: TreePath;
  sourceMap: string;
  /** Folder of the bundle that the child imported. */
  bundleFolder: string;
}

/** More mistakes in one sentence help nobody. */
const TOLD = 10;

/** The problem of a description that is not a spec. */
export function descriptionProblem(
  description: Exclude<Description, { outcome: "described" }>,
  described: Described,
): LoadProblem {
  const { entry } = described;
  const place = { file: entry };
  switch (description.outcome) {
    case "problems":
      return contractProblem(description.problems, described);
    case "thrown":
      return thrownProblem(description.error, described);
    case "timeout":
      return loadProblem(
        "E131",
        `loading the module took longer than ${description.afterMs} ms`,
        "code at the top level runs when the job is loaded: move work into execute()",
        place,
      );
    case "out_of_memory":
      return loadProblem(
        "E133",
        `loading the module took more memory than ${Math.round(description.limitBytes / 1024 / 1024)} MiB`,
        "code at the top level runs when the job is loaded: read data in execute()",
        place,
      );
    case "crashed": {
      const how = description.signal ? `by ${description.signal}` : `with exit code ${description.exitCode}`;
      const said = description.why ?? lastLines(description.stderr);
      return loadProblem(
        "E132",
        `the process that loaded the module ended ${how}${said ? `: ${said}` : ""}`,
        "code at the top level runs when the job is loaded: it may not end its process",
        place,
      );
    }
  }
}

/** All problems in one message and one hint, with the place of the first; and each by itself. */
function contractProblem(problems: readonly SpecProblem[], described: Described): LoadProblem {
  const [first, ...more] = problems;
  if (!first)
    return loadProblem("E132", "the module could not be described", null, { file: described.entry });
  const place = placeOf(first, described);
  if (more.length === 0) return loadProblem(first.code, first.message, first.hint, place);
  const each = problems.map((problem) => {
    const { code, message, hint } = problem;
    const { line = null, column = null } = placeOf(problem, described);
    return { code, message, line, column, hint };
  });
  const told = each.slice(0, TOLD);
  const untold = each.length - told.length;
  const message = told.map((one) => one.message).join("; ") + (untold > 0 ? `; and ${untold} more` : "");
  const hint = [...new Set(told.map((one) => one.hint))].join("; ");
  return { ...loadProblem(first.code, message, hint, place), problems: each };
}

function thrownProblem(error: ModuleThrow, described: Described): LoadProblem {
  const said = `${error.name && !error.message.startsWith(error.name) ? `${error.name}: ` : ""}${error.message}`;
  const place = placeInStack(error.stack ?? "", described) ?? { file: described.entry };
  const absent = /^The requested module '(.+)' does not provide an export named '(.+)'$/.exec(error.message);
  if (absent) {
    const [, module = "", name = ""] = absent;
    const hint = `remove ${name} from the import, or write its name as ${module} has it`;
    return loadProblem(
      "E130",
      `${module} has no export "${name}"`,
      hint,
      placeOfImport(module, name, described),
    );
  }
  const native = otherBinary(error.message);
  if (native !== null) return loadProblem("E124", ...native, place);
  if (error.lost) {
    const what = error.lost === "rejection" ? "a promise was rejected" : "an error was thrown";
    return loadProblem(
      "E132",
      `the process that loaded the module ended: ${what} at its top level and nobody caught it: ${said}`,
      "code at the top level runs when the job is loaded: move work into execute(), and await it there",
      place,
    );
  }
  return loadProblem(
    "E130",
    // Of what is no error only its text is known.
    /was thrown instead of an Error$/.test(said)
      ? `while the module was loaded, ${said}`
      : `loading the module threw ${said}`,
    "code at the top level runs when the job is loaded, without variables and params: move work into execute()",
    place,
  );
}

/** The first line of a stack that lies in a file of this load, whether the child mapped the positions or not. */
function placeInStack(stack: string, described: Described): Place | null {
  let map: SourceMap | null = null;
  for (const line of stack.split("\n")) {
    const found = /([^\s()]+):(\d+):(\d+)\)?\s*$/.exec(line);
    if (!found) continue;
    const path = (found[1] ?? "").replace(/^file:\/\//, "").replace(`${described.bundleFolder}/`, "");
    const at = { line: Number(found[2]), column: Number(found[3]) };
    if (path === "job.mjs") {
      map ??= new SourceMap(JSON.parse(described.sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
      const origin = map.findEntry(at.line - 1, at.column - 1);
      if (!("originalSource" in origin)) continue;
      const place = placeIn(
        described,
        origin.originalSource,
        origin.originalLine + 1,
        origin.originalColumn + 1,
      );
      if (place) return place;
    } else {
      const place = placeIn(described, path, at.line, at.column);
      if (place) return place;
    }
  }
  return null;
}

/** The name in the first import of it from this module, in whichever file of the load that is. */
function placeOfImport(module: string, name: string, described: Described): Place {
  for (const [path, { bytes }] of described.snapshot.files) {
    if (isInPackage(path)) continue;
    const text = bytes.toString("utf8").replace(/^\ufeff/, "");
    for (const found of text.matchAll(/\bimport\b([^;"']*?)\bfrom\s*["']([^"']+)["']/g)) {
      const [all, names = "", from = ""] = found;
      const at = names.split(/([\w$]+)/).indexOf(name);
      if (at < 0 || from.replace(/^node:/, "") !== module.replace(/^node:/, "")) continue;
      const start =
        found.index +
        all.indexOf(names) +
        names
          .split(/([\w$]+)/)
          .slice(0, at)
          .join("").length;
      const before = text.slice(0, start).split("\n");
      return placeIn(described, path, before.length, before.at(-1)!.length + 1) ?? { file: path };
    }
  }
  return { file: described.entry };
}

/**
 * The field that a JSON pointer means, by searching its names one after the other from `defineJob` on; the line of
 * the class when nothing is found.
 */
function placeOfPointer(pointer: string, described: Described): Place {
  const text =
    described.snapshot.files
      .get(described.entry)
      ?.bytes.toString("utf8")
      .replace(/^\ufeff/, "") ?? "";
  const start = Math.max(0, text.search(/defineJob\s*\(/), text.search(/\bclass\s+Job\b/));
  let at = pointer === "" ? start : Math.max(0, text.search(/defineJob\s*\(/));
  for (const segment of pointer.split("/").slice(1)) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    const found = /^\d+$/.test(name) ? -1 : text.slice(at).search(nameOfField(name));
    if (found >= 0) at += found;
  }
  const before = text.slice(0, at).split("\n");
  const place = placeIn(described, described.entry, before.length, (before.at(-1)?.length ?? 0) + 1);
  return place ?? { file: described.entry };
}

/** Where the class or member is declared that the problem is of, else the field that its pointer means. */
function placeOf({ code, member, pointer }: SpecProblem, described: Described): Place {
  const text = described.snapshot.files
    .get(described.entry)
    ?.bytes.toString("utf8")
    .replace(/^\ufeff/, "");
  if (member === undefined || text === undefined || !/^[\w$]+$/.test(member))
    return placeOfPointer(pointer, described);
  const name = member.replaceAll("$", "\\$");
  const modifiers = "(?:(?:public|protected|private|readonly|static|async|override|declare|get|set)\\s+)*";
  const inJob = Math.max(0, text.search(/\bclass\s+Job\b/));
  const declared = new RegExp(`\\b(?:class|const|let)\\s+${name}\\b`).exec(text)?.index;
  const inClass = new RegExp(`^[ \\t]*${modifiers}\\*?${name}\\s*[(=:;?!]`, "m").exec(text.slice(inJob));
  const found = inClass ? inJob + inClass.index + /^\s*/.exec(inClass[0])![0].length : undefined;
  const at = code === "E004" ? declared : found;
  if (at === undefined) return placeOfPointer(pointer, described);
  const before = text.slice(0, at).split("\n");
  return placeIn(described, described.entry, before.length, before.at(-1)!.length + 1)!;
}

function nameOfField(name: string): RegExp {
  const plain = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w$])["']?${plain}["']?\\s*[:,]`);
}

function placeIn(described: Described, path: string, line: number, column: number): Place | null {
  const text = described.snapshot.files
    .get(path)
    ?.bytes.toString("utf8")
    .replace(/^\ufeff/, "");
  if (text === undefined) return null;
  return { file: path, line, column, frame: codeFrame(text, line, column) || null };
}

function lastLines(stderr: string): string {
  return stderr.trim().split("\n").slice(-3).join(" ").slice(0, 300);
}
