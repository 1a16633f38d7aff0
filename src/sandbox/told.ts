// Checks what a child tells: a job can write to the descriptors too, so no frame is believed by its looks.
import type { FromChild, ToldEnd, ToldError, ToldLine } from "./protocol.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { FrameError } from "./frames.ts";

type Plain = Record<string, unknown>;

/** The frame as a message of the protocol; throws FrameError when it is none. */
export function toMessage(value: unknown): FromChild {
  const message = plain(value, "a message");
  const { t } = message;
  if (t === "ready" && typeof message["version"] === "number") return message as unknown as FromChild;
  if (t === "log" && Array.isArray(message["lines"]) && message["lines"].every(isLine))
    return message as unknown as FromChild;
  if (
    t === "records" &&
    isCounts(message["counts"]) &&
    Array.isArray(message["failed"]) &&
    message["failed"].every(isRecord)
  ) {
    return message as unknown as FromChild;
  }
  if (t === "progress" && isPercent(message["percent"]) && isTextOrNull(message["message"]))
    return message as unknown as FromChild;
  if (t === "state" && typeof message["key"] === "string") return message as unknown as FromChild;
  if (t === "end" && isEnd(message["end"])) return message as unknown as FromChild;
  if (t === "idle" && Array.isArray(message["leftovers"]) && typeof message["tookMs"] === "number")
    return message as unknown as FromChild;
  if (t === "described" && typeof message["spec"] === "object" && message["spec"] !== null)
    return message as unknown as FromChild;
  if (t === "problems" && Array.isArray(message["problems"])) return message as unknown as FromChild;
  if (t === "thrown" && isError(message["error"])) return message as unknown as FromChild;
  throw new FrameError(`a message of an unknown or broken kind: ${JSON.stringify(t)?.slice(0, 40)}`);
}

function plain(value: unknown, what: string): Plain {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new FrameError(`${what} is not an object`);
  return value as Plain;
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === "string";
const isNumberOrNull = (value: unknown): boolean => value === null || typeof value === "number";
const isPercent = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 100;

function isRecord(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    isTextOrNull((value as Plain)["key"]) &&
    isTextOrNull((value as Plain)["reason"])
  );
}

/** X6: whole numbers, 0 to 2^53 - 1, and the parts are not more than the whole. */
function isCounts(value: unknown): value is RecordCounts {
  if (typeof value !== "object" || value === null) return false;
  const { processed, success, failed, skipped } = value as Plain;
  const parts = [processed, success, failed, skipped];
  if (!parts.every((part) => Number.isSafeInteger(part) && (part as number) >= 0)) return false;
  return (success as number) + (failed as number) + (skipped as number) <= (processed as number);
}

function isLine(value: unknown): value is ToldLine {
  if (typeof value !== "object" || value === null) return false;
  const { time, level, stream, text } = value as Plain;
  return (
    Number.isFinite(time) &&
    ["debug", "info", "warn", "error"].includes(level as string) &&
    ["log", "stdout", "stderr"].includes(stream as string) &&
    typeof text === "string"
  );
}

function isError(value: unknown): value is ToldError {
  if (typeof value !== "object" || value === null) return false;
  const error = value as Plain;
  return (
    typeof error["message"] === "string" &&
    isTextOrNull(error["name"]) &&
    isTextOrNull(error["stack"]) &&
    isTextOrNull(error["file"]) &&
    isNumberOrNull(error["line"]) &&
    isNumberOrNull(error["column"])
  );
}

function isEnd(value: unknown): value is ToldEnd {
  if (typeof value !== "object" || value === null) return false;
  const end = value as Plain;
  switch (end["kind"]) {
    case "result":
      return isCounts(end["counts"]);
    case "invalid_result":
      return typeof end["pointer"] === "string" && typeof end["message"] === "string";
    case "error":
      return (
        isError(end["error"]) && typeof end["permanent"] === "boolean" && isNumberOrNull(end["retryAfterMs"])
      );
    case "load":
      return isError(end["error"]);
    default:
      return false;
  }
}
