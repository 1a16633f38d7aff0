// A run of a service followed to its end: its log, its failed attempts, its progress, its outcome.
import { AttemptLines } from "./attempts.ts";
import type { CliContext } from "./context.ts";
import { logText, outcomeLine } from "./outcome.ts";
import { follow, type RemoteRun } from "./remote.ts";
import type { Server } from "./server.ts";

/** Tells everything on stderr, and answers the run as it ended. */
export async function followToEnd(context: CliContext, server: Server, run: RemoteRun): Promise<RemoteRun> {
  const { terminal, signal } = context;
  const attempts = new AttemptLines();
  const ended = await follow(server, run.id, signal, {
    line: (line) => terminal.say(logText({ ...line, time: Date.parse(line.time) }, terminal)),
    state: (now) => {
      for (const line of attempts.of(now)) terminal.say(terminal.paint("yellow", line));
      terminal.status(progressText(now));
    },
  });
  terminal.status("");
  terminal.say(outcomeLine(ended, terminal));
  return ended;
}

function progressText(run: RemoteRun): string {
  if (run.progress?.percent === null || run.progress === null) return run.state;
  return `${run.state} ${Math.floor(run.progress.percent)}% ${run.progress.message ?? ""}`.trimEnd();
}
