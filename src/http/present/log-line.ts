// A log line as the API shows it (shape `log line`), and as a line of plain text.
import type { LogLine } from "../../runs/task-run.ts";
import type { LOG_LINE } from "../shapes/run.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime } from "../time.ts";

export function presentLogLine(line: LogLine): Of<typeof LOG_LINE> {
  return {
    seq: line.seq,
    time: isoTime(line.time),
    level: line.level,
    stream: line.stream,
    attempt: line.attempt,
    text: line.text,
    ...(line.fields ? { fields: line.fields } : {}),
  };
}

/**
 * `2026-01-02T03:04:05.678Z WARN  the text {"key":1}`. Control characters are told as JSON does: a terminal that shows them
 * must not obey a job.
 */
export function logLineText(line: LogLine): string {
  const fields = line.fields ? ` ${JSON.stringify(line.fields)}` : "";
  return `${isoTime(line.time)} ${line.level.toUpperCase().padEnd(5)} ${escaped(line.text + fields)}\n`;
}

function escaped(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
