// `jobmount dev [dir]`: the service for writing jobs, with one line per event, and keys for what one does next.
import type { Command } from "commander";
import { type CliContext, settings } from "./context.ts";
import { DevActions } from "./dev-actions.ts";
import { eventText } from "./dev-events.ts";
import { DevKeys } from "./dev-keys.ts";
import { failureOf } from "./exit.ts";
import { folders } from "./folder.ts";
import type { App, AppEvent, StartReport } from "./ports.ts";
import { serve } from "./serve.ts";
import { serviceAt } from "./server.ts";
import { reportLines } from "./start-report.ts";

/** Settings that differ while developing, where the environment does not say otherwise. */
const DEFAULTS = {
  TASK_DATABASE_URL: "sqlite:./.jobmount/jobmount.db",
  DATA_DATABASE_URL: "sqlite:./.jobmount/data.db",
  // Where `deps install` puts them when nothing else is said: one cache for whoever develops here.
  JOBMOUNT_DEPS_DIR: "./data/deps",
  // The events are told in lines of their own.
  JOBMOUNT_LOG_LEVEL: "warn",
  JOBMOUNT_LOG_FORMAT: "text",
};

export function define(command: Command, context: CliContext): void {
  command
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .option("--schedules", "let schedules fire; they do not unless asked")
    .action(async (dir: string | undefined, options: { schedules?: boolean }) => {
      const { config } = settings(context, { defaults: DEFAULTS });
      const sources = folders(dir, config, context.cwd);
      const session = new Session(context, options.schedules === true, sources.length > 1);
      await serve(
        context,
        { ...config, sources },
        { schedules: options.schedules === true, onEvent: (event) => session.tell(event) },
        (report, _log, app) => void session.started(report, app),
      );
      session.end();
    });
}

class Session {
  readonly #context: CliContext;
  readonly #firing: boolean;
  readonly #several: boolean;
  #actions: DevActions | undefined;
  #keys: DevKeys | undefined;

  constructor(context: CliContext, firing: boolean, several: boolean) {
    this.#context = context;
    this.#firing = firing;
    this.#several = several;
  }

  tell(event: AppEvent): void {
    const { terminal } = this.#context;
    if (event.kind === "loaded" || event.kind === "failed") this.#actions?.saved(event.source, event.key);
    const text = eventText(event, terminal, this.#several);
    if (text !== null) terminal.say(text);
  }

  async started(report: StartReport, app: App): Promise<void> {
    const { terminal } = this.#context;
    terminal.say([...reportLines(report), ""].join("\n"));
    const fire = this.#firing ? "Schedules fire." : "Schedules do not fire (--schedules lets them).";
    const keys = terminal.interactive ? " Keys: r run, s schedules, o open, q quit." : "";
    terminal.say(`${fire} Save a job.ts to load it; Ctrl-C ends.${keys}`);
    if (!terminal.interactive || report.socketPath === null) return;
    const server = await serviceAt(report.socketPath);
    if (!server || this.#context.signal.aborted) return;
    const failed = (error: unknown) => terminal.say(terminal.paint("red", failureOf(error).text));
    const actions = new DevActions(this.#context, server, (on) => app.fire(on), this.#firing, failed);
    this.#actions = actions;
    this.#keys = new DevKeys(terminal, {
      keys: {
        r: () => actions.run(),
        s: () => actions.schedules(),
        o: () => actions.open(),
        q: interrupt,
      },
      failed,
      interrupt,
    });
    this.#keys.start();
  }

  end(): void {
    this.#keys?.stop();
  }
}

/** As Ctrl-C does where it is no letter: the process ends in order. */
function interrupt(): void {
  process.kill(process.pid, "SIGINT");
}
