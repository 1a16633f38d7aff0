// The process: arguments to a verb, signals to its end, its result to the exit code.
import { failureOf } from "./cli/exit.ts";
import { runCli } from "./cli/program.ts";
import { Terminal } from "./cli/terminal.ts";

const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 } as const;

const stopping = new AbortController();

for (const [signal, exitCode] of Object.entries(INTERRUPTED)) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    if (stopping.signal.aborted) process.exit(exitCode);
    stopping.abort(signal);
  });
}

// Node's own exit code for these is 1, which here means that a job failed.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => {
    const { text, exitCode } = failureOf(error);
    process.stderr.write(`${text}\n`);
    process.exit(exitCode);
  });
}

// A reader that closes early (`jobmount runs list | head`) is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  terminal: new Terminal({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    colour: !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
  }),
  signal: stopping.signal,
});

// A pipe takes 64 KiB at once: what waits behind them must not end with the process. A reader that is gone ends it too.
for (const stream of [process.stdout, process.stderr]) {
  if (stream.writable) await new Promise<void>((resolve) => stream.write("", () => resolve()));
}

// A verb is done when it answers: a handle that somebody forgot must not keep the shell waiting.
process.exit(exitCode);
