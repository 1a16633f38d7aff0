// The command line: the table of verbs, each loaded only when it is asked for.
import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode, failureOf } from "./exit.ts";
import { checkHelp } from "./unknown-command.ts";

/** What the file of a verb exports: it adds arguments, options and the action to its command. */
export interface VerbModule {
  define(command: Command, context: CliContext): void;
}

interface Verb {
  name: string;
  summary: string;
  load(): Promise<VerbModule>;
}

const verbs: readonly Verb[] = [
  {
    name: "start",
    summary: "start the service: watch the task folders, fire schedules, run jobs, answer REST",
    load: () => import("./start.ts"),
  },
  {
    name: "dev",
    summary: "the service for writing jobs: database in .jobmount/, one line per event, code frames",
    load: () => import("./dev.ts"),
  },
  {
    name: "new",
    summary: "write a job with its test, to begin from",
    load: () => import("./new.ts"),
  },
  {
    name: "run",
    summary: "run one job of a folder here and now, without a service; the exit code is its outcome",
    load: () => import("./run.ts"),
  },
  {
    name: "test",
    summary: "run the tests beside the jobs of a folder",
    load: () => import("./test.ts"),
  },
  {
    name: "types",
    summary: "write the types that an editor needs for a folder of jobs, without node_modules",
    load: () => import("./types.ts"),
  },
  {
    name: "deps",
    summary: "install or check the packages that tasks declare, in a cache outside the mount",
    load: () => import("./deps.ts"),
  },
  {
    name: "validate",
    summary: "load every job of a folder as the service would; for the CI of a task repository",
    load: () => import("./validate.ts"),
  },
  {
    name: "preview",
    summary: "say in words when a cron text fires, and the next times",
    load: () => import("./preview.ts"),
  },
  {
    name: "jobs",
    summary: "list the jobs of the service, show one, set its limits, switch it off and on",
    load: () => import("./jobs.ts"),
  },
  {
    name: "errors",
    summary: "list what does not load on the service, with file, line and the next step",
    load: () => import("./errors.ts"),
  },
  {
    name: "sources",
    summary: "list the folders that the service watches, and whether they are there",
    load: () => import("./sources.ts"),
  },
  {
    name: "versions",
    summary: "list the versions of a job's code, show and compare their source, keep one serving",
    load: () => import("./versions.ts"),
  },
  { name: "trigger", summary: "run a job on the service", load: () => import("./trigger.ts") },
  {
    name: "runs",
    summary: "list and show the runs of the service and their logs, cancel them, do them again",
    load: () => import("./runs.ts"),
  },
  {
    name: "schedules",
    summary: "list, create, pause, resume, change and end schedules of the service",
    load: () => import("./schedules.ts"),
  },
  {
    name: "explain",
    summary: "say why a schedule did, did not or will (not) run at a time",
    load: () => import("./explain.ts"),
  },
  { name: "sign-in", summary: "print a fresh one-time sign-in link", load: () => import("./sign-in.ts") },
  {
    name: "token",
    summary: "make, list and end access tokens and sign-in links",
    load: () => import("./token.ts"),
  },
  {
    name: "secrets",
    summary: "count the secret values by the key that encrypts them, or encrypt all with the newest",
    load: () => import("./secrets.ts"),
  },
  {
    name: "migrate",
    summary: "bring the database's schema up, or say what is missing",
    load: () => import("./migrate.ts"),
  },
  {
    name: "backup",
    summary: "copy the SQLite database to a file, also while the service runs",
    load: () => import("./backup.ts"),
  },
  {
    name: "export",
    summary: "print everything that the database holds, for import; no service may run on it",
    load: async () => (await import("./transfer.ts")).exporting,
  },
  {
    name: "import",
    summary: "fill an empty database with what export printed",
    load: async () => (await import("./transfer.ts")).importing,
  },
  {
    name: "config",
    summary: "check the settings, or print what is in force",
    load: () => import("./config.ts"),
  },
  {
    name: "doctor",
    summary: "look whether all is well here: settings, folders, the service, the walls around jobs",
    load: () => import("./doctor.ts"),
  },
];

/** Runs one command line (without node and script) and answers its exit code; never throws. */
export async function runCli(argv: readonly string[], world: Omit<CliContext, "exit">): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const context: CliContext = { ...world, exit: (code) => (exitCode = code) };
  let asked: Command | undefined;
  try {
    const words = helpLast(argv);
    const verb = words[0] === "help" ? words[1] : words[0];
    const program = await programWith(context, (name) => name === verb);
    program.hook("preAction", (_program, command) => void (asked = command));
    if (argv[0] === "help") checkHelp(program, argv.slice(1));
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what was wrong by itself; asking for help or the version ends this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = failureOf(error, asked);
    context.terminal.status("");
    context.terminal.say(context.terminal.paint("red", failure.text));
    return failure.exitCode;
  }
}

/** `help schedules create` is `schedules create --help`: commander's own help looks one word deep. */
function helpLast(argv: readonly string[]): string[] {
  const [first, ...verb] = argv;
  return first === "help" && verb.length > 1 ? [...verb, "--help"] : [...argv];
}

/** The whole command line, with the arguments and options of those verbs that are `wanted`. */
export async function programWith(context: CliContext, wanted: (verb: string) => boolean): Promise<Command> {
  const program = new Command("jobmount")
    .description("A mounted folder of TypeScript jobs becomes scheduled, isolated, recorded runs.")
    .version(ownVersion(), "-V, --version", "print the version")
    .showHelpAfterError("(--help says more)")
    .showSuggestionAfterError()
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.data(text.trimEnd()),
      writeErr: (text) => context.terminal.say(text.trimEnd()),
    });
  for (const verb of verbs) {
    const command = program.command(verb.name).summary(verb.summary).description(verb.summary);
    if (wanted(verb.name)) (await verb.load()).define(command, context);
  }
  return program;
}

const EXIT_CODES = `
Exit codes: 0 ok, 1 the job failed, 2 wrong usage, 3 load or validation, 4 refused, 5 unreachable,
78 configuration, 124 timeout, 130 interrupted. Settings: npx jobmount config print`;

/** Of package.json, which lies two folders up in the sources and three in what is built. */
function ownVersion(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (name === "jobmount" && version) return version;
    } catch {
      // The other place, then.
    }
  }
  return "unknown";
}
