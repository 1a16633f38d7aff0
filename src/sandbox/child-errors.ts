// What a job threw, in plain words: its own file and line, our frames and this machine's paths left out.
import { fileURLToPath } from "node:url";
import { cut } from "../sdk/text.ts";
import type { ToldError } from "./protocol.ts";

const MAX_MESSAGE = 4_000;
const MAX_STACK = 8_000;
const MAX_CAUSES = 3;
/** Where our own code lies: as it is built, and as the source maps tell it. A job may well have a `src/sdk` too. */
const OWN = ["dist/src/", "src/"].map((folder) => `${rootOf(fileURLToPath(import.meta.url))}/${folder}`);

function rootOf(path: string): string {
  return path.replace(/(?:\/dist)?\/src\/sandbox\/[^/]+$/, "");
}

/** Never throws, whatever was thrown: null, a frozen object, one whose getters throw. */
export function toldError(thrown: unknown, bundlePath: string): ToldError {
  const name = read(thrown, "name");
  const isError = typeof thrown === "object" && thrown !== null && read(thrown, "message") !== undefined;
  const message = isError ? (read(thrown, "message") ?? "") : shown(thrown);
  const stack = isError ? stackOf(thrown, bundlePath) : null;
  const place = stack === null ? null : placeIn(stack);
  return {
    name: name ?? null,
    message: cut(message, MAX_MESSAGE) || name || "an error without a message",
    stack: stack === null ? null : cut(stack + causesOf(thrown, bundlePath), MAX_STACK),
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
  };
}

function read(value: unknown, key: "name" | "message" | "stack"): string | undefined {
  try {
    const text: unknown = (value as Record<string, unknown> | null | undefined)?.[key];
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  try {
    return `${typeof value === "object" && value !== null ? "an object" : String(value)} was thrown instead of an Error`;
  } catch {
    return "a value that cannot be shown was thrown";
  }
}

/** Lines of the job's own code with paths inside its source; ours and Node's are folded away. */
function stackOf(thrown: unknown, bundlePath: string): string | null {
  const stack = read(thrown, "stack");
  if (stack === undefined) return null;
  const folder = bundlePath.slice(0, bundlePath.lastIndexOf("/") + 1);
  // Ours are told by where they lie, before the job's own folder is cut off.
  const lines = stack.split("\n").filter((line) => !/^\s+at /.test(line) || !isFolded(line, folder));
  return lines.join("\n").replaceAll(`file://${folder}`, "").replaceAll(folder, "");
}

function isFolded(frame: string, bundleFolder: string): boolean {
  const path = /^\s+at (?:.*\(|async )?(?:file:\/\/)?(.+)$/.exec(frame)?.[1] ?? "";
  if (path.startsWith("node:")) return true;
  return !path.startsWith(bundleFolder) && OWN.some((own) => path.startsWith(own));
}

/** What it was thrown for (`new Error(…, { cause })`), a few levels down. */
function causesOf(thrown: unknown, bundlePath: string): string {
  let told = "";
  let one = thrown;
  for (let level = 0; level < MAX_CAUSES; level++) {
    one = causeOf(one);
    if (one === undefined || one === null) break;
    const text =
      stackOf(one, bundlePath) ?? read(one, "message") ?? (typeof one === "string" ? one : shown(one));
    told += `\ncaused by ${text}`;
  }
  return told;
}

function causeOf(value: unknown): unknown {
  try {
    return (value as { cause?: unknown }).cause;
  } catch {
    return undefined;
  }
}

interface Place {
  file: string;
  line: number;
  column: number;
}

/** The first line in the job's own source; in a package only where there is no other. */
function placeIn(stack: string): Place | undefined {
  const places = stack.split("\n").flatMap((line) => {
    const found = /^\s+at (?:.*\(|async )?(.+?\.[cm]?[jt]sx?):(\d+):(\d+)\)?$/.exec(line);
    return found ? [{ file: found[1]!, line: Number(found[2]), column: Number(found[3]) }] : [];
  });
  return places.find(({ file }) => !/(^|\/)node_modules\//.test(file)) ?? places[0];
}
