// The screens of the navigation, in its order, with the key after `g` and who sees them.
import type { Role } from "../api/contract.ts";

export interface Place {
  to: "/" | "/jobs" | "/runs" | "/schedules" | "/timeline" | "/sources" | "/system" | "/access" | "/audit";
  name: string;
  key: string;
  least: Role;
  whole?: boolean;
}

export const NAVIGATION: readonly Place[] = [
  { to: "/", name: "Overview", key: "o", least: "viewer" },
  { to: "/jobs", name: "Jobs", key: "j", least: "viewer" },
  { to: "/runs", name: "Runs", key: "r", least: "viewer" },
  { to: "/schedules", name: "Schedules", key: "s", least: "viewer" },
  { to: "/timeline", name: "Timeline", key: "t", least: "viewer" },
  { to: "/sources", name: "Sources", key: "m", least: "viewer" },
  { to: "/system", name: "System", key: "y", least: "viewer" },
  { to: "/access", name: "Access", key: "a", least: "admin" },
  { to: "/audit", name: "Audit", key: "u", least: "admin" },
];
