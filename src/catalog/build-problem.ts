// What esbuild says, in our words: one problem with its place inside the source, a code frame and a next step.
import type { Message } from "esbuild";
import { SDK_EXPORTS } from "./bundle-plugin.ts";
import { codeFrame } from "./frame.ts";
import { loadProblem, type LoadProblem, type Place } from "./load-problem.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TreePath } from "./tree.ts";

/** The first error decides; how many more there are is said. */
export function buildProblem(errors: readonly Message[], snapshot: Snapshot): LoadProblem {
  const first = errors.find((error) => error.detail !== undefined) ?? errors[0];
  if (!first) return loadProblem("syntax", "the code could not be built", null);
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const place = placeOf(first, snapshot);
  const own = first.detail as LoadProblem | undefined;
  // A problem that names its own file is about that file; all others are about the import.
  if (own?.line) return own;
  if (own) return { ...own, ...place, file: place.file ?? own.file, message: own.message + more };
  const missing = missingExport(first.text);
  if (missing !== null) return { ...missing, ...place };
  const unresolved = /^Could not resolve "(.*?)"/.exec(first.text)?.[1];
  if (unresolved !== undefined) {
    return loadProblem("resolve", `${unresolved} does not exist${more}`, noteOf(first), place);
  }
  return loadProblem("syntax", first.text + more, noteOf(first), place);
}

/** The helper process ended while it read this job alone. */
export function endedProblem(entry: TreePath): LoadProblem {
  return loadProblem(
    "syntax",
    "the code cannot be parsed: it needs more memory than a parser may use",
    "look for expressions that are nested very deep, as generated code may have them",
    { file: entry },
  );
}

function missingExport(text: string): LoadProblem | null {
  const name = /^No matching export in "jobmount-sdk:jobmount" for import "(.*)"/.exec(text)?.[1];
  if (name === undefined) return null;
  const what = name === "default" ? "no default export" : `no export "${name}"`;
  return loadProblem(
    "E122",
    `jobmount has ${what}; it has ${SDK_EXPORTS.join(", ")}`,
    'write import { defineJob } from "jobmount"',
  );
}

function placeOf(
  message: Message,
  snapshot: Snapshot,
): Place & { line: number | null; column: number | null } {
  const at = message.location;
  if (!at) return { file: null, line: null, column: null, frame: null };
  // esbuild counts columns in bytes from 0, people count characters from 1.
  const column = Buffer.from(at.lineText).subarray(0, at.column).toString("utf8").length + 1;
  const text = snapshot.files.get(at.file)?.bytes.toString("utf8");
  const frame = text === undefined ? null : codeFrame(text.replace(/^\ufeff/, ""), at.line, column);
  return { file: at.file, line: at.line, column, frame: frame || null };
}

function noteOf(message: Message): string {
  if (/^(<{7}|={7}|>{7}|\|{7})( |$)/.test(message.location?.lineText ?? ""))
    return "resolve the merge conflict, and remove its marks";
  const suggestion = message.location?.suggestion;
  if (suggestion) return `did you mean ${suggestion}?`;
  return message.notes[0]?.text ?? "correct the code at the mark";
}
