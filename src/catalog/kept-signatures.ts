// Signatures of files kept over a restart, so that a start need not read what it knows. A hint of this machine alone.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock, Instant } from "../clock.ts";
import type { Logger } from "../log.ts";
import { sha256Of } from "./snapshot.ts";
import type { Task } from "./task.ts";
import type { Timers } from "./timers.ts";
import type { TreePath } from "./tree.ts";

export interface KeptSignaturesOptions {
  /** The file of this source; null keeps nothing. */
  file: string | null;
  /** Signatures are believed so long (milliseconds); then every file is read again. */
  rehashMs: number;
  tasks: ReadonlyMap<string, Task>;
  timers: Timers;
  clock: Clock;
  log: Logger;
}

/** What lies in the file, after a first line with the digest of the rest: a torn file is told by it. */
interface Kept {
  /** When every file had to be read last, in milliseconds since the epoch. */
  readAt: number;
  /** By job key: the digest of the inputs that the signatures belong to, and the signatures by path. */
  tasks: Record<string, [inputs: string, signatures: Record<TreePath, string>]>;
}

/** Another number for another shape: then an older file is simply not believed. */
const FORMAT = "jobmount signatures 1";
const SAVE_AFTER_MS = 2_000;

/** How far one source believes signatures: from the last process on, and not longer than `rehashMs`. */
export class KeptSignatures {
  /** When every file had to be read last: of this process's monotonic clock, and of the clock. */
  private readAt: number;
  private readAtTime: Instant;
  private saving: NodeJS.Timeout | null = null;
  private written = "";
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeptSignaturesOptions) {
    this.readAt = options.clock.monotonic();
    this.readAtTime = options.clock.now();
  }

  /** Every file has to be read again, whatever its times say: true once in `rehashMs`, also over restarts. */
  isRereadDue(): boolean {
    const { clock, rehashMs } = this.options;
    if (clock.monotonic() - this.readAt <= rehashMs) return false;
    this.readAt = clock.monotonic();
    this.readAtTime = clock.now();
    return true;
  }

  /**
   * Gives the tasks the signatures that the last process knew. Only those that belong to the very inputs of a task are
   * taken; whatever is missing, foreign or torn is no error: those files are read.
   */
  async restore(): Promise<void> {
    const { file, clock, tasks } = this.options;
    const text = file === null ? null : await readFile(file, "utf8").catch(() => null);
    const kept = text === null ? null : parse(text);
    if (kept === null) return;
    const age = clock.now() - kept.readAt;
    // A clock that was set back tells no age: then everything is due.
    this.readAt = age >= 0 ? clock.monotonic() - age : -Infinity;
    this.readAtTime = kept.readAt;
    for (const [key, [digest, signatures]] of Object.entries(kept.tasks)) {
      const inputs = tasks.get(key)?.inputs;
      if (inputs?.digest === digest) inputs.believe(signatures);
    }
  }

  /** Something was loaded or read: what is known now is kept a moment later. */
  saveSoon(): void {
    if (this.options.file === null || this.saving !== null) return;
    this.saving = this.options.timers.after(SAVE_AFTER_MS, () => {
      this.saving = null;
      void this.save();
    });
  }

  /** Resolves when what is known by now is kept, and nothing is being written any more. */
  save(): Promise<void> {
    // One after the other: a stop must not leave one behind that began a moment before.
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  /** Whole or not at all. What cannot be written costs the next start some reading, nothing else. */
  private async write(): Promise<void> {
    const { file, log } = this.options;
    if (file === null) return;
    const body = this.known();
    if (body === this.written) return;
    try {
      await mkdir(dirname(file), { recursive: true });
      // Another process of the same source may write it too; half of each is told by the digest.
      await writeFile(`${file}.new`, `${FORMAT} ${sha256Of(body)}\n${body}`, { mode: 0o600 });
      await rename(`${file}.new`, file);
      this.written = body;
    } catch (error) {
      log.debug({ error, file }, "the signatures of a source could not be kept");
    }
  }

  private known(): string {
    const kept: Kept = { readAt: this.readAtTime, tasks: {} };
    // What is to be read again is not believed by the next process either.
    for (const { key, inputs, distrust } of this.options.tasks.values()) {
      if (inputs !== null && !distrust) kept.tasks[key] = [inputs.digest, inputs.believed()];
    }
    return JSON.stringify(kept);
  }
}

function parse(text: string): Kept | null {
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (text.slice(0, end) !== `${FORMAT} ${sha256Of(body)}`) return null;
  // Whole, and of this very format: its shape is what was written.
  return JSON.parse(body) as Kept;
}
