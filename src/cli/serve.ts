// One service in this process: made, started, told about, and stopped by the first signal.
import type { Config } from "../config.ts";
import { createLogger, type Logger } from "../log.ts";
import { type CliContext, interruption } from "./context.ts";
import { startFailure } from "./exit.ts";
import type { App, AppOptions, StartReport } from "./ports.ts";

/** Resolves when the service has ended; rejects with a sentence when it cannot start. */
export async function serve(
  context: CliContext,
  config: Config,
  options: AppOptions,
  started: (report: StartReport, log: Logger, app: App) => void,
): Promise<void> {
  const { terminal, signal } = context;
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
    if (report) started(report, log, app);
    await interruption(signal);
    log.info({ signal: String(signal.reason) }, "stopping");
  } catch (error) {
    throw startFailure(error);
  } finally {
    await app?.stop();
  }
}
