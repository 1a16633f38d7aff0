// One service in this process: made, started, told about, and stopped by the first signal.
import type { Config } from "../config.ts";
import { createLogger, type Logger } from "../log.ts";
import { type CliContext, interruption } from "./context.ts";
import { startFailure } from "./exit.ts";
import type { App, AppOptions, StartReport } from "./ports.ts";
import { keepHeapSmall } from "./small-heap.ts";

const LATE_MS = 4_500;

/** Resolves when the service has ended; rejects with a sentence when it cannot start. */
export async function serve(
  context: CliContext,
  config: Config,
  options: AppOptions,
  started: (report: StartReport, log: Logger, app: App) => void,
): Promise<void> {
  const { terminal, signal } = context;
  keepHeapSmall();
  const text = config.logFormat === "text" || (config.logFormat === "auto" && terminal.live);
  const log = createLogger({
    level: config.logLevel,
    format: text ? "text" : "json",
    colour: terminal.colours,
  });
  let app: App | undefined;
  try {
    const { createApp } = await import("../app.ts");
    app = await createApp(config, log, { env: context.env, ...options });
    // A signal during the start ends it: stop() knows how to clean up after half a start.
    const report = await Promise.race([app.start(), interruption(signal)]);
    if (report) {
      started(report, log, app);
      // What it writes may have to wait for a database that has fallen silent just now: a stop does not.
      await Promise.race([app.told(), interruption(signal)]);
    }
    await interruption(signal);
    log.info({ signal: String(signal.reason) }, "stopping");
  } catch (error) {
    throw startFailure(error);
  } finally {
    if (app) await stopInTime(app, config.drainTimeoutMs, log);
  }
}

/** A4: exit comes within the drain and 5 s, also when a database that is silent keeps every step of it waiting. */
async function stopInTime(app: App, drainMs: number, log: Logger): Promise<void> {
  const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), drainMs + LATE_MS).unref());
  if ((await Promise.race([app.stop(), late])) !== "late") return;
  log.warn({}, "not everything could be stopped in time; ends of runs that were not written lie in files");
}
