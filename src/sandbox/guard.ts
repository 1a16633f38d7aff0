// The service's side of the guard: starts it, tells it each child, has it end what they made; starts it again if it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Keeper } from "./keeper.ts";
import { Reaper } from "./reaper.ts";
import type { Hunted } from "./strays.ts";

export interface GuardOptions {
  instance: string;
  /** Removed by the guard when the service was killed. */
  tempDir: string;
  /** The service's lease: the guard ends all children when it hears nothing for a little less. */
  leaseMs: number;
  /** All that runs as this user was made by jobs. */
  hunted: Hunted | null;
}

type Answer = (pids: number[]) => void;

/** Before the lease is over: 5 s, or less of a short lease. */
const MARGIN_MS = 5_000;
const AGAIN_MS = 200;
const STOP_MS = 5_000;
/** A guard that has something to answer and says nothing for so many looks stands still: 5 s; more while it starts. */
const LOOK_MS = 500;
const MOST_SILENT = 10;
const MOST_STARTING = 60;

/** The built program; sources run from the same build. */
const PROGRAM = fileURLToPath(
  import.meta.url.endsWith(".ts")
    ? new URL("../../dist/src/sandbox/guard-process.js", import.meta.url)
    : new URL("../sandbox/guard-process.js", import.meta.url),
);

export class Guard implements Keeper {
  readonly #options: GuardOptions;
  readonly #silenceMs: number;
  /** For the moments without a guard. */
  readonly #own: Reaper;
  readonly #groups = new Map<string, number>();
  readonly #ends = new Map<string, { group: number; done: Answer }>();
  readonly #looks = new Map<string, Answer>();
  #process: ChildProcess | undefined;
  #beat: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #looksAtIt: NodeJS.Timeout | undefined;
  /** Looks since it was last heard, while it owes an answer; counted, since after our own standstill time says nothing. */
  #silent = 0;
  #owes = false;
  #spoke = false;
  #rest = "";
  #stopped = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#silenceMs = options.leaseMs - Math.min(MARGIN_MS, options.leaseMs / 6);
    this.#own = new Reaper(options.instance, options.hunted);
  }

  /** Of the guard's own process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    if (this.#stopped) return;
    const { instance, tempDir, hunted } = this.#options;
    const flags = ["--max-old-space-size=32", "--max-semi-space-size=1"];
    const child = spawn(
      process.execPath,
      [
        ...flags,
        PROGRAM,
        instance,
        String(Math.round(this.#silenceMs)),
        tempDir,
        ...(hunted ? [String(hunted.uid), String(hunted.since)] : []),
      ],
      // Not the service's folder, environment or group: nothing that ends or moves with it.
      { cwd: "/", env: {}, stdio: ["pipe", "pipe", "ignore"], detached: true },
    );
    child.once("error", () => this.#gone(child));
    this.#process = child;
    // Without a descriptor left it has no pipes; it is tried again.
    if (!(child.stdin as typeof child.stdin | undefined)) return;
    this.#rest = "";
    this.#owes = this.#spoke = false;
    this.#silent = 0;
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("latin1").on("data", (text: string) => this.#heard(text));
    child.once("exit", () => this.#gone(child));
    child.unref();
    for (const [mark, group] of this.#groups) this.#tell("child", mark, group);
    this.#tell("beat");
    this.#beat ??= setInterval(() => this.#tell("beat"), Math.max(20, this.#silenceMs / 6)).unref();
    this.#looksAtIt ??= setInterval(() => this.#lookAtIt(), LOOK_MS).unref();
  }

  /** From now on this child ends with the service. */
  child(mark: string, group: number): void {
    this.#groups.set(mark, group);
    this.#tell("child", mark, group);
  }

  /** Ends the child and all that it made, wherever it went; answers the processes that could not be ended. */
  end(mark: string, group: number): Promise<number[]> {
    return new Promise((done) => {
      this.#ends.set(mark, { group, done });
      if (this.#process) this.#tell("end", mark, group);
      else void this.#own.end(mark, group).then((left) => this.#ended(mark, left));
    });
  }

  /** The living processes that bear the mark, the child itself among them. */
  bearers(mark: string): Promise<number[]> {
    return new Promise((done) => {
      this.#looks.set(mark, done);
      if (this.#process) this.#tell("bearers", mark);
      else void this.#own.bearers(mark).then((pids) => this.#looked(mark, pids));
    });
  }

  /** Lets the guard end: it looks once more for what bears a mark of this service. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#beat);
    clearInterval(this.#looksAtIt);
    clearTimeout(this.#again);
    const child = this.#process;
    if (!child) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    child.stdin?.end();
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(late);
  }

  #tell(...words: (string | number)[]): void {
    this.#owes ||= words[0] !== "child";
    this.#process?.stdin?.write(`${words.join(" ")}\n`);
  }

  /** One that hangs would keep each attempt from ending: it is killed, and what it owes is done by `#gone`. */
  #lookAtIt(): void {
    if (!this.#process || !this.#owes) return;
    const most = this.#spoke ? MOST_SILENT : MOST_STARTING;
    if (++this.#silent >= most) this.#process.kill("SIGKILL");
  }

  #heard(text: string): void {
    this.#spoke = true;
    this.#silent = 0;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const [word, mark, ...pids] = line.split(" ");
      if (word === "ended") this.#ended(mark!, pids.map(Number));
      else if (word === "bearers") this.#looked(mark!, pids.map(Number));
    }
    this.#owes = this.#ends.size + this.#looks.size > 0;
  }

  #ended(mark: string, left: number[]): void {
    const waiting = this.#ends.get(mark);
    this.#ends.delete(mark);
    this.#groups.delete(mark);
    waiting?.done(left);
  }

  #looked(mark: string, pids: number[]): void {
    const waiting = this.#looks.get(mark);
    this.#looks.delete(mark);
    waiting?.(pids);
  }

  /** It should not have ended. What it was asked for is done here, and another one takes its place. */
  #gone(child: ChildProcess): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    for (const [mark, { group }] of this.#ends)
      void this.#own.end(mark, group).then((left) => this.#ended(mark, left));
    for (const mark of this.#looks.keys())
      void this.#own.bearers(mark).then((pids) => this.#looked(mark, pids));
    if (!this.#stopped) this.#again = setTimeout(() => this.start(), AGAIN_MS).unref();
  }
}
