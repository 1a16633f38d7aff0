// What the keys of `dev` do: run a job, let schedules fire, open the service; through the local socket, as verbs do.
import { jobName } from "../catalog/key.ts";
import { startCommand } from "../sandbox/command.ts";
import type { CliContext } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { jobNames } from "./job-names.ts";
import { logText } from "./outcome.ts";
import { readParams } from "./params.ts";
import { fetchAll, follow, jobPath, type RemoteJob, type RemoteRun, type RemoteSchedule } from "./remote.ts";
import type { Server } from "./server.ts";
import { printable } from "./terminal.ts";

/** What opens an address in the browser of this desktop. */
const OPENERS: Readonly<Record<string, string>> = { darwin: "open", win32: "explorer", linux: "xdg-open" };
const SHOWN_SCHEDULES = 20;

export class DevActions {
  readonly #context: CliContext;
  readonly #server: Server;
  readonly #fire: (on: boolean) => Promise<void>;
  /** The job that was saved last, as `source:key`. */
  #saved: string | undefined;
  /** What was typed for the params of each job, kept for the next run of it in this session. */
  readonly #params = new Map<string, Record<string, unknown>>();
  #firing: boolean;

  readonly #failed: (error: unknown) => void;

  /** `failed` is told what goes wrong after the key has done its work. */
  constructor(
    context: CliContext,
    server: Server,
    fire: (on: boolean) => Promise<void>,
    firing: boolean,
    failed: (error: unknown) => void,
  ) {
    this.#failed = failed;
    this.#context = context;
    this.#server = server;
    this.#fire = fire;
    this.#firing = firing;
  }

  /** A save was loaded: this is the job that its author wants to see run. */
  saved(source: string, key: string): void {
    this.#saved = `${source}:${key.replaceAll("/", ".")}`;
  }

  /** The job that was saved last, else the only one, else the one that is picked. */
  async run(): Promise<void> {
    const { terminal, signal } = this.#context;
    const job = await this.#job();
    if (job.version === null)
      throw new CliError(EXIT.refused, `${job.key} has never loaded, so there is nothing to run.`);
    const address = addressOf(job);
    const params = await this.#paramsFor(job, address);
    let run: RemoteRun;
    try {
      const path = `${jobPath(address)}/runs`;
      run = (await this.#server.ask("POST", path, { body: { params }, signal })).body as RemoteRun;
    } catch (error) {
      // What was typed is wrong: it is asked for again.
      this.#params.delete(address);
      throw error;
    }
    this.#params.set(address, params);
    terminal.say(terminal.paint("dim", `running ${job.key} (${run.id})`));
    // Its end is told by the event, as that of every run.
    // Nobody waits for it: the keys work on while it runs.
    follow(this.#server, run.id, signal, {
      line: (line) => terminal.say(logText({ ...line, time: Date.parse(line.time) }, terminal)),
      state: () => undefined,
    }).catch((error: unknown) => {
      if (!signal.aborted) this.#failed(error);
    });
  }

  /** Lets schedules fire, or no more, and shows them. */
  async schedules(): Promise<void> {
    const { terminal, signal } = this.#context;
    this.#firing = !this.#firing;
    await this.#fire(this.#firing);
    const word = this.#firing
      ? terminal.paint("green", "Schedules fire now.")
      : "Schedules do not fire any more.";
    const found = await fetchAll<RemoteSchedule>(this.#server, "/schedules", {}, signal);
    terminal.say(`${word}${found.length === 0 ? " There are none yet: npx jobmount schedules create" : ""}`);
    const named = await jobNames(this.#server, signal);
    for (const { source, job, sentence, enabled, nextFires } of found.slice(0, SHOWN_SCHEDULES)) {
      const next = nextFires[0]?.at.replace(/\.\d+Z$/, "Z") ?? "never";
      terminal.say(
        `  ${named(source, job)}  ${printable(sentence)}  ${enabled ? `next ${next}` : "disabled"}`,
      );
    }
    if (found.length > SHOWN_SCHEDULES) terminal.say(`  and ${found.length - SHOWN_SCHEDULES} more`);
  }

  /** A fresh sign-in link, in the browser where there is one, and on the terminal in any case. */
  async open(): Promise<void> {
    const { terminal, signal } = this.#context;
    const link = (await this.#server.ask("POST", "/sign-in-links", { body: {}, signal })).body as {
      url: string;
    };
    terminal.say(link.url);
    const opener = OPENERS[process.platform];
    const opened = opener !== undefined && (await startCommand(opener, [link.url]));
    if (!opened) terminal.say("There is no browser to open it with here; the link works once.");
  }

  async #job(): Promise<RemoteJob> {
    const { terminal, signal } = this.#context;
    const all = await fetchAll<RemoteJob>(this.#server, "/jobs", {}, signal);
    const jobs = all.filter((job) => job.source !== "builtin");
    const saved = jobs.find((job) => addressOf(job) === this.#saved);
    if (saved) return saved;
    if (jobs.length === 1) return jobs[0]!;
    if (jobs.length === 0) throw new CliError(EXIT.refused, "There is no job yet: npx jobmount new <key>");
    jobs.forEach((job, index) => terminal.say(`  ${index + 1}  ${nameOf(job, jobs)}`));
    const answer = await terminal.ask("Run which one (number or key)", { hidden: false, signal });
    const picked = jobs[Number(answer) - 1] ?? jobs.find((job) => nameOf(job, jobs) === answer.trim());
    if (picked) return picked;
    throw new CliError(EXIT.refused, `There is no job "${answer.trim()}" in the list.`);
  }

  /** What was typed before, and a question for each required param that it lacks. */
  async #paramsFor(job: RemoteJob, address: string): Promise<Record<string, unknown>> {
    const known = this.#params.get(address) ?? {};
    const declared = { ...job.requiredParams, ...job.optionalParams };
    const kept = Object.entries(known).filter(([name]) => Object.hasOwn(declared, name));
    const missing = Object.keys(job.requiredParams).filter((name) => !Object.hasOwn(known, name));
    const asked = await readParams(job, { param: missing }, this.#context);
    return { ...Object.fromEntries(kept), ...asked };
  }
}

function addressOf(job: RemoteJob): string {
  return `${job.source}:${job.key}`;
}

function nameOf(job: RemoteJob, jobs: readonly RemoteJob[]): string {
  return jobName(
    job.source,
    job.key,
    jobs.map(({ source }) => source),
  );
}
