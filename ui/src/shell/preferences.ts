// What a person has set for this browser: theme, zone, saved filters; kept in its storage, shared by all its tabs.
import { useSyncExternalStore } from "react";

const PREFIX = "jobmount.";
const listeners = new Set<() => void>();
const cache = new Map<string, unknown>();

addEventListener("storage", (event) => {
  if (event.key?.startsWith(PREFIX)) {
    cache.delete(event.key.slice(PREFIX.length));
    tell();
  }
});

export function preference<T>(name: string, fallback: T): T {
  if (!cache.has(name)) cache.set(name, stored(name) ?? fallback);
  return cache.get(name) as T;
}

export function setPreference(name: string, value: unknown): void {
  cache.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage may be forbidden or full: it holds as long as this page is open.
  }
  tell();
}

/** Like useState, kept. `fallback` has to be the same value at each call. */
export function usePreference<T>(name: string, fallback: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(listen, () => preference(name, fallback));
  return [value, (next) => setPreference(name, next)];
}

export type Theme = "system" | "light" | "dark";

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
}

/** The zone of this browser. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The zone in which times are shown: `local`, or the name of one. */
export function useZone(): string {
  const [zone] = usePreference("zone", "local");
  return zone === "local" ? OWN_ZONE : zone;
}

function stored(name: string): unknown {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listen(act: () => void): () => void {
  listeners.add(act);
  return () => listeners.delete(act);
}

function tell(): void {
  for (const act of listeners) act();
}
