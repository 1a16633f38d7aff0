// What screens take from the shell: the live updates, and the list state that lies in the address.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { createContext, useContext, useEffect } from "react";
import { type Live, useLive } from "../api/live.ts";
import { useMe } from "../api/queries.ts";
import type { Role } from "../api/contract.ts";
import { may } from "../words/roles.ts";
import type { Fields } from "../words/search.ts";

export const LiveContext = createContext<Live | null>(null);

export function useLiveUpdates(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("no live updates outside the shell");
  return live;
}

/** How often something is read that no notice tells of; never while updates are paused. For `refetchInterval`. */
export function useEvery(ms: number): number | false {
  return useLive(useLiveUpdates()).state === "paused" ? false : ms;
}

/** The fields of the address, and how to change some of them; `undefined` takes one out. A change starts at page one. */
export function useFields(): [Fields, (change: Fields, how?: { replace?: boolean }) => void] {
  const fields = useSearch({ strict: false }) as Fields;
  const navigate = useNavigate();
  const change = (next: Fields, how: { replace?: boolean } = {}) => {
    const merged = { ...fields, cursor: undefined, ...next };
    const search = Object.fromEntries(
      Object.entries(merged).filter(([, value]) => value !== undefined && value !== ""),
    );
    void navigate({ to: ".", search: search as never, replace: how.replace ?? false, resetScroll: false });
  };
  return [fields, change];
}

/** Whether who is signed in may do what needs this role. */
export function useMay(least: Role, whole = false): boolean {
  return may(useMe(), least, whole);
}

/** The title of the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Jobmount" : `${title} · Jobmount`;
  }, [title]);
}
