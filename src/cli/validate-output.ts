// What `validate` prints: text for people, JSON, or the annotations of a workflow.
import { relative, resolve } from "node:path";
import { changeText } from "../catalog/param-changes.ts";
import { type LoadProblem, problemsOf } from "../catalog/load-problem.ts";
import type { Affected, Against } from "./against.ts";
import type { Checked } from "./check-source.ts";
import type { CliContext } from "./context.ts";
import { loadErrorText } from "./dev-events.ts";
import { printable, table, type Terminal } from "./terminal.ts";
import type { LocalSource } from "./workshop.ts";

export interface Result {
  source: LocalSource;
  checked: Checked[];
}

type Printer = (results: Result[], against: Against | null, context: CliContext) => void;

export const PRINTERS = { text: printText, json: printJson, github: printGithub } satisfies Record<
  string,
  Printer
>;

function printText(results: Result[], against: Against | null, { terminal }: CliContext): void {
  for (const { source, checked } of results) {
    const prefix = results.length > 1 ? `${source.name}:` : "";
    const good = checked.filter((one) => one.problems.length === 0);
    if (good.length > 0) {
      const ok = terminal.paint("green", "ok");
      terminal.data(
        table(good.map((one) => [ok, prefix + one.key, one.hash?.slice(0, 7) ?? "", one.name ?? ""])),
      );
    }
    for (const { key, problems } of checked) {
      for (const problem of problems) {
        terminal.data(`${terminal.paint("red", "error")} ${prefix}${key}`);
        terminal.data(loadErrorText(problem, terminal));
      }
    }
  }
  if (against) for (const line of againstLines(against, terminal)) terminal.data(line);
}

function againstLines(against: Against, terminal: Terminal): string[] {
  const word = (colour: "yellow" | "green" | "dim", text: string) => terminal.paint(colour, text);
  const lines: string[] = [];
  for (const { job, params } of against.changes)
    lines.push(`${word("dim", "params")} ${job}: ${printable(params.map(changeText).join("; "))}`);
  for (const one of against.holds) lines.push(`${word("yellow", "would hold")} ${affectedText(one)}`);
  for (const one of against.unknown) lines.push(`${word("yellow", "may hold")} ${affectedText(one)}`);
  for (const one of against.releases) lines.push(`${word("green", "would release")} ${affectedText(one)}`);
  for (const { job, holds } of against.pinned)
    lines.push(`${word("dim", "pinned")} ${pinnedText(job, holds)}`);
  for (const { job, schedules } of against.gone)
    lines.push(`${word("yellow", "would be gone")} ${goneText(job, schedules)}`);
  if (lines.length === 0) lines.push(`nothing would change for the schedules of ${against.url}`);
  return lines;
}

function affectedText({ job, schedule, name, errors }: Affected): string {
  const title = name === null ? schedule : `${schedule} "${printable(name)}"`;
  const why = errors.map(({ pointer, message }) => `${pointer.slice(1)}: ${message}`).join("; ");
  return `${title} of ${job}${why === "" ? "" : `: ${printable(why)}`}`;
}

function pinnedText(job: string, holds: number): string {
  const then =
    holds === 0 ? "" : `; that may hold ${holds === 1 ? "a schedule" : `${holds} schedules`} of it`;
  return `${job}: nothing changes until it is unpinned${then}`;
}

function goneText(job: string, schedules: number): string {
  const fires = schedules === 1 ? "its schedule is" : `its ${schedules} schedules are`;
  return `${job}${schedules === 0 ? "" : `: ${fires} skipped until its folder returns`}`;
}

function printJson(results: Result[], against: Against | null, { terminal }: CliContext): void {
  const jobs = results.flatMap(({ source, checked }) =>
    checked.map(({ key, name, hash, problems }) => ({ source: source.name, key, name, hash, problems })),
  );
  const ok = jobs.length > 0 && jobs.every((job) => job.problems.length === 0);
  terminal.json({ ok, jobs, ...(against ? { against } : {}) });
}

/** Workflow commands: each problem becomes an annotation at its line, relative to where the workflow runs. */
function printGithub(results: Result[], against: Against | null, { terminal, cwd }: CliContext): void {
  for (const { source, checked } of results) {
    for (const { key, problems } of checked) {
      for (const problem of problems.flatMap((one) => single(one))) {
        const file = relative(cwd, resolve(source.path, problem.file ?? `${key}/job.ts`));
        const place = { file, line: problem.line, col: problem.column, title: `${key}: ${problem.code}` };
        const text = problem.hint === null ? problem.message : `${problem.message}\n${problem.hint}`;
        terminal.data(annotation("error", place, text));
      }
    }
  }
  if (!against) return;
  const fileOf = (name: string, job: string): string => {
    const path = results.find(({ source }) => source.name === name)?.source.path ?? ".";
    return relative(cwd, resolve(path, job, "job.ts"));
  };
  for (const [title, list] of [
    ["would hold a schedule", against.holds],
    ["may hold a schedule", against.unknown],
  ] as const) {
    for (const one of list) {
      const place = { file: fileOf(one.source, one.job), title: `${one.job}: ${title}` };
      terminal.data(annotation("warning", place, affectedText(one)));
    }
  }
  for (const { source, job, schedules } of against.gone) {
    const place = { file: fileOf(source, job), title: `${job}: would be gone` };
    terminal.data(annotation("warning", place, goneText(job, schedules)));
  }
}

function single(problem: LoadProblem) {
  return problemsOf(problem).map((one) => ({ ...one, file: problem.file }));
}

function annotation(level: "error" | "warning", place: Record<string, unknown>, text: string): string {
  const properties = Object.entries(place)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) => `${name}=${escaped(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
    );
  return `::${level} ${properties.join(",")}::${escaped(text)}`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
