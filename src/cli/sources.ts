// `jobmount sources`: the mounted folders of the service: whether they are there, how they are watched, what is paused.
import type { Command } from "commander";
import { formatDuration } from "../duration.ts";
import { type CliContext, settings } from "./context.ts";
import { fetchShort } from "./remote.ts";
import { needServer } from "./server.ts";
import { printable, table } from "./terminal.ts";

interface RemoteSource {
  name: string;
  state: string;
  /** Why it is unavailable. */
  detail: string | null;
  watcher: string;
  lastChangeAt: string | null;
  lagMs: number | null;
  paused: { until: string | null } | null;
}

export function define(command: Command, context: CliContext): void {
  const { terminal, signal } = context;
  command.option("--json", "as JSON, with everything").action(async (options: { json?: boolean }) => {
    const server = await needServer(context, settings(context));
    const sources = await fetchShort<RemoteSource>(server, "/sources", signal);
    if (options.json) return terminal.json(sources);
    if (sources.length === 0) return terminal.say("There are no sources.");
    terminal.data(table([HEAD, ...sources.map(row)]));
    for (const { name, detail } of sources)
      if (detail !== null) terminal.say(printable(`${name}: ${detail}`));
  });
}

const HEAD = ["SOURCE", "STATE", "WATCHED BY", "LAST CHANGE", "SERVED AFTER", "PAUSED"];

function row({ name, state, watcher, lastChangeAt, lagMs, paused }: RemoteSource): string[] {
  return [
    name,
    state,
    watcher,
    lastChangeAt?.replace(/\.\d+Z$/, "Z") ?? "-",
    lagMs === null ? "-" : formatDuration(lagMs),
    paused === null ? "-" : paused.until === null ? "until resumed" : `until ${paused.until}`,
  ];
}
