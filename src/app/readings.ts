// What the metrics ask for when somebody scrapes, of the parts.
import type { Config } from "../config.ts";
import { withOverrides } from "../catalog/version.ts";
import { Metrics, type Readings } from "./metrics.ts";
import type { Parts } from "./parts.ts";
import { TaskTimesReader } from "./task-times.ts";

export function makeMetrics(
  config: Config,
  { catalog, stale, figures, schedules, now }: Parts,
  own: Pick<Readings, "running" | "beatAgeMs">,
): Metrics {
  const times = new TaskTimesReader({
    tasks: () => catalog.entries().filter(({ loadState }) => loadState !== "invalid"),
    figures,
    schedules,
    timeoutMs: (source, key) => {
      const entry = catalog.entry(source, key);
      const spec = entry && withOverrides(entry.spec, entry.settings.overrides);
      return spec?.timeoutDeclared ? spec.timeoutMs : config.jobTimeoutMs;
    },
    now,
  });
  return new Metrics({
    ...own,
    queued: () => figures.queued(now()),
    loadErrors: () => stale.loadErrors(),
    skipped: () => figures.skippedSinceStart(),
    tasks: () => times.all(),
  });
}
