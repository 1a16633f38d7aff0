// What a job threw, in plain words: its own file and line, our frames and this machine's paths left out.
import { cut } from "../sdk/text.ts";
import type { ToldError } from "./protocol.ts";

const MAX_MESSAGE = 4_000;
const MAX_STACK = 8_000;

/** Never throws, whatever was thrown: null, a frozen object, one whose getters throw. */
export function toldError(thrown: unknown, bundlePath: string): ToldError {
  const name = read(thrown, "name");
  const isError = typeof thrown === "object" && thrown !== null && read(thrown, "message") !== undefined;
  const message = isError ? (read(thrown, "message") ?? "") : shown(thrown);
  const stack = isError ? stackOf(thrown, bundlePath) : null;
  const place = stack ? /\(?([^\s()]+?\.[cm]?[jt]sx?):(\d+):(\d+)\)?/.exec(frames(stack)[0] ?? "") : null;
  return {
    name: name ?? null,
    message: cut(message, MAX_MESSAGE) || name || "an error without a message",
    stack: stack === null ? null : cut(stack, MAX_STACK),
    file: place ? place[1]! : null,
    line: place ? Number(place[2]) : null,
    column: place ? Number(place[3]) : null,
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
  const lines = stack.replaceAll(`file://${folder}`, "").replaceAll(folder, "").split("\n");
  const own = lines.filter(
    (line) => !/^\s+at /.test(line) || !/node:|\/(?:dist|src)\/(?:src\/)?(?:sandbox|sdk)\//.test(line),
  );
  return own.join("\n");
}

function frames(stack: string): string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}
