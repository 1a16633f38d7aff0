// A wall clock that a test can step, for a real process: libfaketime moves what the kernel tells it, all else stays real.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARIES = "/usr/lib";
let told = false;

/**
 * Whether libfaketime is here. When it is not, says loudly what is left out, and throws with JOBMOUNT_REQUIRE_SERVICES=1,
 * so that a left-out suite cannot pass for a green one.
 */
export function faketimeAvailable(): boolean {
  if (library()) return true;
  const missing = "no libfaketime on this machine (apt-get install libfaketime)";
  if (process.env["JOBMOUNT_REQUIRE_SERVICES"] === "1") {
    throw new Error(`${missing}, and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving its suites out`);
  }
  if (!told) console.warn(`\n*** LEFT OUT: the clock steps of real processes: ${missing} ***\n`);
  told = true;
  return false;
}

export class SteppedClock {
  /** For the process whose clock it is to be; its monotonic clock is left alone. */
  readonly env: Record<string, string>;
  readonly #folder = mkdtempSync(join(tmpdir(), "jobmount-clock-"));
  readonly #file = join(this.#folder, "offset");
  #seconds = 0;

  constructor() {
    this.step(0);
    this.env = {
      LD_PRELOAD: library()!,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  /** From now on it shows this many seconds more than the real clock. */
  step(seconds: number): void {
    this.#seconds = seconds;
    writeFileSync(this.#file, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  }

  now(): number {
    return Date.now() + this.#seconds * 1000;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The build for programs with threads; it serves the others too. */
function library(): string | undefined {
  const folders = existsSync(LIBRARIES)
    ? readdirSync(LIBRARIES).filter((name) => name.includes("linux-"))
    : [];
  return folders
    .map((folder) => join(LIBRARIES, folder, "faketime", "libfaketimeMT.so.1"))
    .find((path) => existsSync(path));
}
