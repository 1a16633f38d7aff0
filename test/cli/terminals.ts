// A Terminal whose output can be read, for the functions that print.
import { PassThrough } from "node:stream";
import { Terminal } from "../../src/cli/terminal.ts";

export interface Captured {
  terminal: Terminal;
  readonly stdout: string;
  readonly stderr: string;
  stdin: PassThrough;
}

/** `live`: as if stderr and stdin were a terminal (without a real one: for what is drawn, not for keys). */
export function captured(options: { live?: boolean; colour?: boolean; columns?: number } = {}): Captured {
  const texts = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") =>
    Object.assign(
      new PassThrough().on("data", (chunk: Buffer) => (texts[name] += chunk.toString())),
      {
        isTTY: options.live === true,
        columns: options.columns ?? 40,
      },
    );
  const stdin = Object.assign(new PassThrough(), { isTTY: options.live === true });
  const terminal = new Terminal({
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stream("stdout") as unknown as NodeJS.WriteStream,
    stderr: stream("stderr") as unknown as NodeJS.WriteStream,
    colour: options.colour === true,
  });
  return {
    terminal,
    stdin,
    get stdout() {
      return texts.stdout;
    },
    get stderr() {
      return texts.stderr;
    },
  };
}
