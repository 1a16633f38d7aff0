// The same request as a line of curl and of the command line: quoted for a shell, and never with a secret in it.
import type { Field } from "./fields.ts";

export interface Request {
  method: "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  /** Without secrets. */
  body?: Readonly<Record<string, unknown>>;
  /** Names of secret params in body.params that the reader has to fill in from the environment. */
  secrets?: readonly Pick<Field, "name" | "definition">[];
  headers?: Readonly<Record<string, string>>;
}

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  if (text !== "" && /^[\w@%+=:,./-]+$/.test(text)) return text;
  return quoted(text);
}

/** A token and secrets come from the environment of whoever runs it. */
export function curlLine({ method, url, body, secrets = [], headers = {} }: Request): string {
  const words = ["curl"];
  if (method !== "POST" || body === undefined) words.push(`-X ${method}`);
  words.push(shellWord(url), '-H "Authorization: Bearer $JOBMOUNT_TOKEN"');
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${shellWord(`${name}: ${value}`)}`);
  if (body !== undefined) {
    if (!("Content-Type" in headers)) words.push("-H 'Content-Type: application/json'");
    words.push(`-d ${bodyWord(body, secrets)}`);
  }
  return words.join(" ");
}

/** The quotes are closed for each secret, so that the shell fills its variable in. */
function bodyWord(body: Readonly<Record<string, unknown>>, secrets: Request["secrets"] & object): string {
  const marked = secrets.map(({ name }, i) => [name, markOf(i)] as const);
  const params = { ...(body["params"] as object | undefined), ...Object.fromEntries(marked) };
  let text = quoted(JSON.stringify(secrets.length === 0 ? body : { ...body, params }));
  for (const [i, { name, definition }] of secrets.entries()) {
    const quote = definition.type === "json" ? "" : '"';
    text = text.replace(JSON.stringify(markOf(i)), () => `${quote}'"$${variableOf(name)}"'${quote}`);
  }
  return text;
}

/** Stands for a secret until the text is quoted; nobody types a control character. */
function markOf(i: number): string {
  return `\u0001${i}\u0001`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `botToken` -> `PARAM_BOT_TOKEN` */
export function variableOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_");
  return `PARAM_${words.toUpperCase()}`;
}

/** `-p` for each param; a secret without its value, so that the command asks for it. */
export function paramWords(
  fields: readonly Field[],
  params: Readonly<Record<string, unknown>>,
  secrets: readonly Pick<Field, "name">[],
): string[] {
  const given = fields.filter(({ name, secret }) => !secret && Object.hasOwn(params, name));
  return [
    ...given.map((field) => `-p ${shellWord(`${field.name}=${asArgument(field, params[field.name])}`)}`),
    ...secrets.map(({ name }) => `-p ${shellWord(name)}`),
  ];
}

/** As the command line reads it: lists with commas, or as JSON where an item would be read otherwise. */
function asArgument({ definition }: Field, value: unknown): string {
  if (definition.type === "json") return JSON.stringify(value);
  if (!Array.isArray(value)) return String(value);
  const items = value.map(String);
  const simple = items.every((item) => item !== "" && item === item.trim() && !/[,[]/.test(item));
  return simple ? items.join(",") : JSON.stringify(value);
}

export function commandLine(words: readonly string[]): string {
  return ["npx jobmount", ...words].join(" ");
}
