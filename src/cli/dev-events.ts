// One event of a running service as a line for whoever writes the jobs; a load error brings its code frame.
import { changeText } from "../catalog/param-changes.ts";
import { type LoadProblem, problemsOf } from "../catalog/load-problem.ts";
import type { LoadError } from "../catalog/version.ts";
import { EXIT } from "./exit.ts";
import { exitCodeOfRun, outcomeLine } from "./outcome.ts";
import type { AppEvent } from "./ports.ts";
import { printable, type Terminal } from "./terminal.ts";

/** The line, or null when there is nothing to say. `several`: name the source too. */
export function eventText(event: AppEvent, terminal: Terminal, several: boolean): string | null {
  const name = (source: string, key: string) => (several || source === "builtin" ? `${source}:${key}` : key);
  switch (event.kind) {
    case "loaded": {
      const pinned = event.served === event.hash ? "" : `, pinned to ${event.served.slice(0, 7)}`;
      const what = `${name(event.source, event.key)} ${terminal.paint("dim", `${event.hash.slice(0, 7)}${pinned}`)}`;
      return line(event.at, terminal.paint("green", "loaded"), what, terminal);
    }
    case "served": {
      const words = {
        pinned: "pinned",
        released: "unpinned",
        elsewhere: "served",
        stored: "served",
      } as const;
      const word = terminal.paint("cyan", words[event.why]);
      const what = `${name(event.source, event.key)} ${terminal.paint("dim", event.hash.slice(0, 7))}`;
      return line(event.at, word, what, terminal);
    }
    case "params": {
      const what = event.changes.map(changeText).join("; ");
      return line(
        event.at,
        terminal.paint("cyan", "params"),
        `${name(event.source, event.key)} ${printable(what)}`,
        terminal,
      );
    }
    case "held":
    case "released": {
      const { schedule } = event;
      const word = terminal.paint(event.kind === "held" ? "yellow" : "green", event.kind);
      const title = schedule.name === null ? schedule.id : `${schedule.id} "${printable(schedule.name)}"`;
      const why = schedule.held === null ? "" : `: ${printable(schedule.held.reason)}`;
      return line(event.at, word, `${title} of ${name(schedule.source, schedule.jobKey)}${why}`, terminal);
    }
    case "back":
      return line(event.at, terminal.paint("green", "back"), name(event.source, event.key), terminal);
    case "missing":
      return line(event.at, terminal.paint("yellow", "missing"), name(event.source, event.key), terminal);
    case "failed": {
      const head = `${name(event.source, event.key)} does not load`;
      const serving = event.serving === null ? "" : `; version ${event.serving.slice(0, 7)} still serves`;
      const text = `${line(event.at, terminal.paint("red", "error"), head + serving, terminal)}`;
      return `${text}\n${loadErrorText(event.error, terminal)}`;
    }
    case "invalid": {
      const text = line(
        event.at,
        terminal.paint("yellow", "no job"),
        printable(name(event.source, event.key)),
        terminal,
      );
      return `${text}\n${loadErrorText(event.problem, terminal)}`;
    }
    case "source": {
      const polled = event.status.mode === "poll" && event.status.reason !== null;
      if (event.status.state === "available" && (event.was === null || event.was === "available") && !polled)
        return null;
      const reason = event.status.reason === null ? "" : `: ${event.status.reason}`;
      const text = `source ${event.source} is ${event.status.state}${reason}`;
      return line(event.at, terminal.paint("yellow", "source"), text, terminal);
    }
    case "finished": {
      const { run } = event;
      const tookMs =
        run.startedAt === null || run.finishedAt === null ? null : run.finishedAt - run.startedAt;
      const outcome = outcomeLine({ ...run, durationMs: tookMs }, terminal);
      const word =
        exitCodeOfRun(run) === EXIT.ok ? terminal.paint("green", "run") : terminal.paint("red", "run");
      const at = run.finishedAt ?? run.queuedAt;
      return line(
        at,
        word,
        `${name(run.source, run.jobKey)} ${outcome} ${terminal.paint("dim", run.id)}`,
        terminal,
      );
    }
  }
}

/** `E001 message`, the place, the code around it, and what to do; each problem by itself where there are several. */
export function loadErrorText(error: LoadProblem, terminal: Terminal): string {
  const lines = problemsOf(error).flatMap((one) => {
    const place =
      error.file === null ? "" : ` ${terminal.paint("cyan", placeOf({ ...one, file: error.file }))}`;
    const said = [`${one.code}${place} ${printable(one.message)}`];
    if (one.frame !== null) said.push(...printable(one.frame).split("\n"));
    if (one.hint !== null) said.push(terminal.paint("dim", `→ ${printable(one.hint)}`));
    return said;
  });
  return lines.map((text) => `  ${text}`).join("\n");
}

export function placeOf(error: Pick<LoadError, "file" | "line" | "column">): string {
  return [error.file, error.line, error.column].filter((part) => part !== null).join(":");
}

function line(at: number, word: string, text: string, terminal: Terminal): string {
  return `${terminal.paint("dim", new Date(at).toTimeString().slice(0, 8))} ${word} ${text}`;
}
