// The table of all routes. Of two that fit one path the first is taken, so fixed paths stand before parameters.
import type { Route } from "../route.ts";
import { accessRoutes } from "./access.ts";
import { jobRoutes } from "./jobs.ts";
import { runRoutes } from "./runs.ts";
import { scheduleRoutes } from "./schedules.ts";
import { serviceRoutes } from "./service.ts";
import { signInRoutes } from "./sign-in.ts";

export const routes: readonly Route[] = [
  ...jobRoutes,
  ...runRoutes,
  ...scheduleRoutes,
  ...serviceRoutes,
  ...accessRoutes,
  ...signInRoutes,
];
