// The addresses of the page. Every screen is fetched when it is first gone to; its own file knows nothing of its address.
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { PAGE_BASE } from "./api/base.ts";
import { Loading } from "./parts/States.tsx";
import { Failed, NotFound } from "./shell/Problems.tsx";
import { Shell } from "./shell/Shell.tsx";
import { type LazyScreen, lazyScreen } from "./shell/screens.tsx";
import { fromSearch, toSearch } from "./words/search.ts";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const getParentRoute = () => root;

const routes = [
  createRoute({
    getParentRoute,
    path: "/",
    component: lazyScreen(() => import("./screens/overview/Overview.tsx"), "Overview"),
  }),
  createRoute({
    getParentRoute,
    path: "/jobs",
    component: lazyScreen(() => import("./screens/jobs/Jobs.tsx"), "Jobs"),
  }),
  createRoute({
    getParentRoute,
    path: "/jobs/$address",
    component: lazyScreen(() => import("./screens/job/Job.tsx"), "JobScreen"),
  }),
  createRoute({
    getParentRoute,
    path: "/runs",
    component: lazyScreen(() => import("./screens/runs/Runs.tsx"), "Runs"),
  }),
  createRoute({
    getParentRoute,
    path: "/runs/$id",
    component: lazyScreen(() => import("./screens/run/Run.tsx"), "RunScreen"),
  }),
  createRoute({
    getParentRoute,
    path: "/schedules",
    component: lazyScreen(() => import("./screens/schedules/Schedules.tsx"), "Schedules"),
  }),
  createRoute({
    getParentRoute,
    path: "/schedules/new",
    component: lazyScreen(() => import("./screens/editor/NewSchedule.tsx"), "NewSchedule"),
  }),
  createRoute({
    getParentRoute,
    path: "/schedules/$id",
    component: lazyScreen(() => import("./screens/schedule/Schedule.tsx"), "ScheduleScreen"),
  }),
  createRoute({
    getParentRoute,
    path: "/schedules/$id/edit",
    component: lazyScreen(() => import("./screens/editor/EditSchedule.tsx"), "EditSchedule"),
  }),
  createRoute({
    getParentRoute,
    path: "/timeline",
    component: lazyScreen(() => import("./screens/timeline/Timeline.tsx"), "TimelineScreen"),
  }),
  createRoute({
    getParentRoute,
    path: "/sources",
    component: lazyScreen(() => import("./screens/sources/Sources.tsx"), "Sources"),
  }),
  createRoute({
    getParentRoute,
    path: "/system",
    component: lazyScreen(() => import("./screens/system/System.tsx"), "System"),
  }),
  createRoute({
    getParentRoute,
    path: "/access",
    component: lazyScreen(() => import("./screens/access/Access.tsx"), "Access"),
  }),
  createRoute({
    getParentRoute,
    path: "/audit",
    component: lazyScreen(() => import("./screens/audit/Audit.tsx"), "Audit"),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...routes]),
  basepath: PAGE_BASE,
  defaultErrorComponent: Failed,
  defaultPendingComponent: Loading,
  defaultPreload: "intent",
  defaultPreloadDelay: 100,
  // A place of a log is come to by the log itself: where its box stood before must not be restored over it.
  scrollRestoration: ({ location }) => !/^L\d/.test(location.hash),
  // Flat text fields: people read these addresses, change them, and send them to each other.
  parseSearch: fromSearch,
  stringifySearch: (search) => toSearch(search as Record<string, string>),
  pathParamsAllowedCharacters: [":"],
});

/** Every screen, so that all can be fetched before the service may be away. */
export const SCREENS = routes.map(({ options }) => options.component as LazyScreen);

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
