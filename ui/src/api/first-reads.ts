// What a screen reads first, by its address: the screen asks by it, and the start of the page does so beforehand.
import { filterOf } from "../words/filters.ts";
import { may } from "../words/roles.ts";
import { type Fields, type QueryValue } from "../words/search.ts";
import type { Principal } from "./contract.ts";

export type Read = readonly [path: string, query?: Readonly<Record<string, QueryValue>>];

export const listOfJobs = ({ q, loadState, source, cursor }: Fields): Read => [
  "/jobs",
  { q, loadState, source, cursor, brief: true },
];
export const listOfRuns = (fields: Fields): Read => [
  "/runs",
  { ...filterOf(fields), cursor: fields["cursor"], count: true },
];
export const listOfSchedules = ({ job, source, cursor }: Fields): Read => [
  "/schedules",
  { job, source, cursor, limit: 50 },
];
export const listOfEvents = ({ actor, action, target, outcome, since, cursor }: Fields): Read => [
  "/audit-events",
  { actor, action, target, outcome, since, cursor },
];
export const FIGURES: Read = ["/stats"];
export const HOURS: Read = ["/stats/hours"];
export const LATEST_FAILED: Read = ["/runs", { state: "failed", since: "24h", limit: 8 }];
export const NOW_OPEN: Read = ["/runs", { state: "running,retrying,queued", limit: 8 }];
export const listOfSources = ({ cursor }: Fields): Read => ["/sources", { cursor, count: true }];

const LISTS: Readonly<Record<string, (fields: Fields, me: Principal) => readonly Read[]>> = {
  "": () => [FIGURES, HOURS, LATEST_FAILED, NOW_OPEN],
  jobs: (fields) => [listOfJobs(fields)],
  runs: (fields) => [listOfRuns(fields)],
  schedules: (fields) => [listOfSchedules(fields)],
  sources: (fields) => [listOfSources(fields)],
  // A refusal would be written down as one.
  audit: (fields, me) => (may(me, "admin") ? [listOfEvents(fields)] : []),
};
/** Whose screens of one thing read it under the same name. */
const THINGS = new Set(["jobs", "runs", "schedules"]);

/** The lists that the screen of this address reads first; `path`: below the page's base. */
export function firstLists(path: string, fields: Fields, me: Principal): readonly Read[] {
  return path.includes("/") ? [] : (LISTS[path]?.(fields, me) ?? []);
}

/** The path of the one thing that the screen of this address shows. */
export function firstThing(path: string): string | undefined {
  const [list = "", one = "", ...more] = path.split("/");
  if (more.length > 0 || !THINGS.has(list) || one === "" || one === "new") return undefined;
  return `/${list}/${encodeURIComponent(decodeURIComponent(one))}`;
}
