// A wall clock that a test steps while a real process runs: by libfaketime, which leaves the monotonic clock alone.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOTS = ["/usr/lib", "/usr/local/lib", "/lib"];
const LIBRARY = "faketime/libfaketimeMT.so.1";

let told = false;

/** Where the library is; says loudly when it is not, and throws with JOBMOUNT_REQUIRE_SERVICES=1. */
export function faketimeLibrary(): string | undefined {
  for (const root of ROOTS.filter(existsSync)) {
    for (const path of [join(root, LIBRARY), ...readdirSync(root).map((name) => join(root, name, LIBRARY))])
      if (existsSync(path)) return path;
  }
  const missing = "no libfaketime on this machine (apt-get install libfaketime)";
  if (process.env["JOBMOUNT_REQUIRE_SERVICES"] === "1") {
    throw new Error(`${missing}, and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving its tests out`);
  }
  if (!told) console.warn(`\n*** LEFT OUT: every test that steps the clock of a process: ${missing} ***\n`);
  told = true;
  return undefined;
}

export class SteppedClock {
  readonly #folder = mkdtempSync(join(tmpdir(), "jobmount-clock-"));
  readonly #file = join(this.#folder, "offset");
  /** For the process whose clock it is. */
  readonly env: Record<string, string>;

  /** Throws without the library: ask `faketimeLibrary` first. */
  constructor() {
    const library = faketimeLibrary();
    if (library === undefined) throw new Error("no libfaketime here");
    this.step(0);
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** From now on it is so many seconds off the machine's clock. */
  step(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
