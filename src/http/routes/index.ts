// The table of all routes. Of two that fit one path the first is taken, so fixed paths stand before parameters.
import type { Route } from "../route.ts";
import { accessRoutes } from "./access.ts";
import { auditRoutes } from "./audit.ts";
import { contractRoutes } from "./contract.ts";
import { batchRoutes } from "./batches.ts";
import { eventRoutes } from "./events.ts";
import { figureRoutes } from "./figures.ts";
import { fleetRoutes } from "./fleet.ts";
import { jobStateRoutes } from "./job-state.ts";
import { jobRoutes } from "./jobs.ts";
import { runChangeRoutes } from "./run-changes.ts";
import { runRoutes } from "./runs.ts";
import { pauseRoutes } from "./pauses.ts";
import { scheduleControlRoutes } from "./schedule-controls.ts";
import { scheduleRoutes } from "./schedules.ts";
import { secretRoutes } from "./secrets.ts";
import { serviceRoutes } from "./service.ts";
import { signInRoutes } from "./sign-in.ts";
import { versionRoutes } from "./versions.ts";

export const routes: readonly Route[] = [
  ...jobRoutes,
  ...jobStateRoutes,
  ...versionRoutes,
  ...runRoutes,
  ...runChangeRoutes,
  ...scheduleRoutes,
  ...scheduleControlRoutes,
  ...batchRoutes,
  ...pauseRoutes,
  ...serviceRoutes,
  ...figureRoutes,
  ...fleetRoutes,
  ...eventRoutes,
  ...secretRoutes,
  ...accessRoutes,
  ...auditRoutes,
  ...signInRoutes,
  ...contractRoutes(() => routes),
];
