// The service's own log: JSON lines, or one short line per event for people. Jobs' logs are not kept here.
import { pino } from "pino";

export type LogFields = Readonly<Record<string, unknown>>;

/** Fields first, then the sentence. An `error` field shows message and stack. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  level: "debug" | "info" | "warn" | "error";
  format: "json" | "text";
  /** Colours the level in text; off unless asked. */
  colour?: boolean;
  /** Where lines go; stderr unless given. */
  write?(line: string): void;
}

export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? toStderr();
  const text = options.format === "text";
  return pino(
    {
      level: options.level,
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    { write: (line) => write(text ? shortLine(line, options.colour === true) : line) },
  );
}

/** Says nothing; for tests and for verbs that print their own lines. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function toStderr(): (line: string) => void {
  // Written at once, so that the last line before an exit is not lost.
  const stderr = pino.destination({ dest: 2, sync: true });
  // A closed terminal must not end the service.
  stderr.on("error", () => undefined);
  return (line) => stderr.write(line);
}

const COLOURS: Record<string, string> = {
  debug: "\x1b[2m",
  info: "\x1b[36m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};

// A message may hold what somebody else wrote.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** `12:00:01 warn  a sentence key=value`: times in the zone of the machine, as on the clock beside the terminal. */
function shortLine(json: string, colour: boolean): string {
  const { time, level, message, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const word = String(level).padEnd(5);
  const shown = colour ? `${COLOURS[String(level)] ?? ""}${word}\x1b[0m` : word;
  let line = `${clock} ${shown} ${String(message).replace(CONTROL, "\ufffd")}`;
  let stack = "";
  for (const [key, value] of Object.entries(fields)) {
    if (key === "error" && typeof value === "object" && value !== null) {
      const error = value as { message?: unknown; stack?: unknown };
      line += ` error=${plain(error.message)}`;
      if (level === "error" && typeof error.stack === "string") stack = `\n${indent(error.stack)}`;
      continue;
    }
    line += ` ${key}=${plain(value)}`;
  }
  return `${line}${stack}\n`;
}

function plain(value: unknown): string {
  if (typeof value === "string") return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "";
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
