// Files that are no UTF-8 text: a bundler would take them with other characters in them, or tell a thousand syntax errors.
import { isUtf8 } from "node:buffer";
import { codeFrame } from "./frame.ts";
import { loadProblem, type LoadProblem } from "./load-problem.ts";
import { isInPackage } from "./resolve.ts";
import type { TreePath } from "./tree.ts";

/** Null for a file that can be read as it is. A byte order mark is dropped by esbuild. */
export function encodingProblem(path: TreePath, bytes: Buffer): LoadProblem | null {
  const start = { file: path, line: 1, column: 1 };
  if (isUtf16(bytes)) return loadProblem("syntax", `${path} is saved as UTF-16`, "save it as UTF-8", start);
  // What others published is as it is: some of them have such bytes in comments and tables.
  if (isInPackage(path)) return null;
  if (bytes.includes(0))
    return loadProblem("syntax", `${path} is no text`, "put a text file in its place, saved as UTF-8", start);
  if (isUtf8(bytes)) return null;
  const text = bytes.toString("utf8");
  const before = text.slice(0, text.indexOf("\ufffd")).split("\n");
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  const place = { file: path, line, column, frame: codeFrame(text, line, column) || null };
  return loadProblem(
    "syntax",
    `${path} is not saved as UTF-8: at the mark is another encoding`,
    "save it as UTF-8",
    place,
  );
}

/** By its mark, or by every other byte of its beginning, as code in it has them. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const pairs = Math.min(20, bytes.length >> 1);
  const zeros = (from: number): number =>
    Array.from({ length: pairs }, (_, at) => bytes[2 * at + from]).filter((byte) => byte === 0).length;
  return pairs > 0 && [zeros(0), zeros(1)].some((found, at, all) => found === pairs && all[1 - at] === 0);
}
