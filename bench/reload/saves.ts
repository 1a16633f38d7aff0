// From the end of a save to the new code being what the next run executes, and to the first line of that run.
import { join } from "node:path";
import type { Service } from "../../test/support/service.ts";
import { keyOf, writeJob } from "./folder.ts";

export interface SaveFigures {
  /** To the moment at which the service's log says that the new version serves. */
  loadedMs: number[];
  /** To the first line of `execute` of a run that was triggered at that moment. */
  startedMs: number[];
}

/** Looks this often; half of it is in every figure of `loadedMs`. */
const LOOK_MS = 1;
const PATIENCE_MS = 30_000;

/** Saves different jobs, one after the other, each another one than the last. */
export async function measureSaves(service: Service, jobs: number, saves: number): Promise<SaveFigures> {
  const figures: SaveFigures = { loadedMs: [], startedMs: [] };
  for (let n = 0; n < saves; n++) {
    const job = (n * 37) % jobs;
    const address = keyOf(job).replaceAll("/", ".");
    const from = service.output.length;
    const text = `text ${n}`;
    writeJob(join(service.folder, "external_tasks"), job, text);
    const savedAt = performance.timeOrigin + performance.now();
    await saidLoaded(service, keyOf(job), from);
    figures.loadedMs.push(performance.timeOrigin + performance.now() - savedAt);
    const run = await service.run(address);
    const { result } = run;
    if (result.text.toLowerCase() !== text)
      throw new Error(`${address} answered ${result.text}, not ${text}`);
    figures.startedMs.push(result.startedAt - savedAt);
  }
  return figures;
}

async function hashOf(service: Service, address: string): Promise<string> {
  return (await service.get(`/jobs/${address}`)).json.version.hash;
}

/** By the log: to ask over REST again and again would keep the service busy with answers, and measure those. */
async function saidLoaded(service: Service, key: string, from: number): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
    if (service.output.includes(`loaded job=${key} `, from)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`${key} was not loaded within ${PATIENCE_MS} ms`);
}

/** Waits until another version of the job serves. */
export async function changed(service: Service, address: string, before: string): Promise<string> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
    const now = await hashOf(service, address);
    if (now !== before) return now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`${address} was not loaded within ${PATIENCE_MS} ms`);
}
