// What a service says in terms of REST, said in terms of the command line that was typed.
import type { Command } from "commander";
import type { FieldError } from "../errors.ts";

/** The command whose action runs: its options and arguments are what a person can have meant. */
export type Asked = Pick<Command, "options" | "registeredArguments">;

/** Fields of the contract whose option or argument has another name. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  timeZone: ["tz"],
  sources: ["source"],
  expiresAt: ["expires"],
  job: ["key"],
  at: ["time"],
};

/** Sentences of a service that name a request where the command line has a verb or an option. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^[A-Z]+ \/\S+ needs the role/, "This needs the role"],
  [/\bGET (\/api\/v1)?\/(jobs|sources) lists (all|them)\b/, "npx jobmount $2 lists $3"],
  [/\bGET \/jobs and GET \/load-errors\b/, "npx jobmount jobs and npx jobmount errors"],
  [/\bGET \/load-errors says why\b/, "npx jobmount errors says why"],
  [/Pause these: POST \/sources\/\{name\}\/pause\./, "Pause these: --source <name>."],
  [
    /\bPATCH \/jobs\/(\S+) with \{"enabled": true\} switches it on\b/,
    "npx jobmount jobs enable $1 switches it on",
  ],
  // Of a query string, which the command line writes by itself.
  [/; a plus sign is sent as %2B/, ""],
];

/** `message` with a line for each wrong field that it does not tell already, all in the words of `asked`. */
export function inWords(message: string, fields: readonly FieldError[], asked?: Asked): string {
  const lines = fields.map((field) => ({
    raw: `${field.pointer || "the body"}: ${field.message}`,
    line: `${nameOf(field.pointer, asked)}: ${field.message}`,
  }));
  const told = lines.reduce((text, { raw, line }) => text.replace(raw, () => line), message);
  const more = lines.filter(({ raw }) => !message.includes(raw)).map(({ line }) => `  ${line}`);
  return [told, ...more].map(spoken).join("\n");
}

/** What a person writes for a field: `--limit`, `-p size`, or the name of an argument; else the field without its `/`. */
export function nameOf(pointer: string, asked?: Asked): string {
  const path = pointer.replace(/^\/(query\/)?/, "").split("/");
  const [field = "", ...rest] = path.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (field === "") return "what was given";
  if (field === "params") return rest.length === 0 ? "the params" : `-p ${rest.join("/")}`;
  const names = [dashed(field), ...otherNames(field)];
  // A part of something may have an option of its own: /retries/backoff is --backoff.
  const inner = rest.map(dashed).slice(-1);
  const option = [...inner, ...names]
    .map((name) => asked?.options.find(({ long }) => long === `--${name}`))
    .find(Boolean);
  if (option) return option.long!;
  const argument = asked?.registeredArguments.find((one) => names.includes(one.name()));
  return argument?.name() ?? [field, ...rest].join("/");
}

function dashed(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function otherNames(field: string): readonly string[] {
  return Object.hasOwn(OTHER_NAMES, field) ? OTHER_NAMES[field]! : [];
}

function spoken(text: string): string {
  return SENTENCES.reduce((said, [of, words]) => said.replace(of, words), text);
}
