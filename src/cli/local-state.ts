// The durable values (`this.state`) of jobs that run here without a service: a JSON file for each job.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../errors.ts";
import { CliError, EXIT } from "./exit.ts";

export class LocalState {
  readonly #file: string;

  /** `folder`: the working folder; the values lie in its `.jobmount/state`. */
  constructor(folder: string, source: string, key: string) {
    this.#file = join(folder, ".jobmount", "state", source, `${key.replaceAll("/", ".")}.json`);
  }

  async read(): Promise<Map<string, unknown>> {
    try {
      return new Map(Object.entries(JSON.parse(await readFile(this.#file, "utf8")) as object));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
      throw new CliError(
        EXIT.refused,
        `The job's saved values in ${this.#file} cannot be read: ${messageOf(error)}. Mend the file, or remove it to start without values.`,
      );
    }
  }

  /** Lays the changed values over the saved ones; undefined removes. */
  async change(values: ReadonlyMap<string, unknown>): Promise<void> {
    if (values.size === 0) return;
    const all = await this.read();
    for (const [key, value] of values) {
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    }
    await mkdir(dirname(this.#file), { recursive: true });
    // Renamed into place: a reader never sees half of it.
    await writeFile(`${this.#file}.new`, JSON.stringify(Object.fromEntries(all), null, 2));
    await rename(`${this.#file}.new`, this.#file);
  }
}
