// The settings as people read them: the rows of `config print` and the table of docs/configuration.md.
import { formatDuration } from "../duration.ts";
import { type LoadedConfig, maskText } from "../config.ts";
import { type Field, type Variable, variables } from "./variables.ts";

export interface ShownSetting {
  name: string;
  /** As text, secrets masked; null when it has no value. */
  value: string | null;
  /** `default`, or the variable that it came from. */
  from: string;
}

/** Every setting with its value; secrets and passwords are masked. */
export function showConfig(loaded: LoadedConfig): ShownSetting[] {
  return (Object.entries(variables) as [Field, Variable<unknown>][]).map(([field, variable]) => {
    const value = loaded.config[field];
    const text = value === null ? null : maskText(variable, textOf(field, value));
    return { name: variable.name, value: text, from: loaded.origins[field] ?? "default" };
  });
}

function textOf(field: Field, value: unknown): string {
  if (typeof value === "number" && field.endsWith("Ms")) return formatDuration(value);
  if (typeof value === "number" && field.endsWith("Bytes")) return formatSize(value);
  if (field === "basePath") return value === "" ? "/" : String(value);
  if (Array.isArray(value)) return value.map((item) => textOfItem(item)).join(",");
  return textOfItem(value);
}

function textOfItem(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if ("url" in value) return String(value.url);
  if ("mode" in value && "intervalMs" in value)
    return `${value.mode}:${formatDuration(Number(value.intervalMs))}`;
  if ("path" in value && "name" in value) return `${value.name}=${value.path}`;
  return JSON.stringify(value);
}

function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
    ["KiB", 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

/** The text of docs/configuration.md. */
export function configurationDoc(): string {
  const rows = (Object.values(variables) as Variable<unknown>[]).map((variable) => {
    const fallback = variable.fallbackNote ?? (variable.fallback === null ? "-" : `\`${variable.fallback}\``);
    return `| \`${variable.name}\` | ${fallback} | ${cell(noteOf(variable))} | ${cell(variable.kind.allowed)} |`;
  });
  return `<!-- Made from src/config/variables.ts; a test compares. Print it anew with: npx jobmount config docs -->

# Configuration

Everything is set by environment variables. Each may also be given as a file: \`NAME_FILE\` names a file that holds the
value (both set is an error). An empty variable counts as not set. All problems are listed at once, with exit code 78.
An unknown \`JOBMOUNT_…\` name is a warning that says the nearest known one. \`npx jobmount config print\` shows what
is in force and where it came from, secrets masked; \`npx jobmount config check\` only looks for problems.

<!-- prettier-ignore -->
| variable | default | what it is | allowed |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function noteOf(variable: Variable<unknown>): string {
  return variable.secret ? `${variable.note} (masked when shown)` : variable.note;
}

/** Text in a table of Markdown; angle brackets outside of code would be taken for HTML. */
function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
}
