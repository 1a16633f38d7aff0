// A screen whose script is fetched when it is first gone to, or before that while nothing else is to be done.
import type { QueryClient } from "@tanstack/react-query";
import { type ComponentType, useEffect, useReducer } from "react";
import { PAGE_BASE } from "../api/base.ts";
import { unreachable } from "../api/client.ts";
import { Screen } from "../parts/Layout.tsx";
import { ErrorState, Loading } from "../parts/States.tsx";
import { whenIdle } from "./idle.ts";

/** How often a service that could not be reached is asked whether it is there again. */
const ASK_MS = 2_000;
/** A page that was loaded anew so shortly ago is not loaded anew for the same reason. */
const AGAIN_MS = 15_000;
/** What is there has to be drawn too. */
const QUIET_MS = 500;
const MARK = "jobmount.loadedAnew";

type Module<N extends string> = Record<N, ComponentType>;

export interface LazyScreen {
  (): React.ReactNode;
  /** Never fails: what could not be fetched is said by the screen itself. */
  preload(): Promise<void>;
}

/**
 * The router's own lazy component loads the page anew when a script cannot be fetched, which ends at the browser's error
 * page while the service is away. This one says so, and goes on when the service answers.
 */
export function lazyScreen<N extends string>(load: () => Promise<Module<N>>, name: N): LazyScreen {
  let found: ComponentType | undefined;
  let asked: Promise<void> | undefined;
  let failed = false;
  const preload = () =>
    (asked ??= load().then(
      (module) => void (found = module[name]),
      () => void (failed = true),
    ));
  const Lazy = () => {
    const [, draw] = useReducer((count: number) => count + 1, 0);
    useEffect(() => {
      if (!found) void preload().then(draw);
    }, []);
    if (found) {
      const Found = found;
      return <Found />;
    }
    return failed ? <Away /> : <Loading />;
  };
  return Object.assign(Lazy, { preload });
}

/** Scripts that failed once are not fetched again by the same page, so it is loaded anew, but only once that can work. */
function Away() {
  useEffect(() => {
    const timer = setInterval(() => void loadAnewIfThere(), ASK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Screen title="Not loaded">
      <ErrorState error={unreachable()} again={() => void loadAnewIfThere()} />
    </Screen>
  );
}

async function loadAnewIfThere(): Promise<void> {
  const answer = await fetch(`${PAGE_BASE}livez`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const before = Number(sessionStorage.getItem(MARK) ?? 0);
  if (Date.now() - before < AGAIN_MS) return;
  sessionStorage.setItem(MARK, String(Date.now()));
  location.reload();
}

/** Fetches them one after the other while the browser has nothing else to do; answers how to stop. */
export function preloadIdly(screens: readonly LazyScreen[]): () => void {
  const [first, ...rest] = screens;
  if (!first) return () => undefined;
  let isStopped = false;
  let stop = whenIdle(() => void first.preload().then(() => void (isStopped || (stop = preloadIdly(rest)))));
  return () => {
    isStopped = true;
    stop();
  };
}

/** Once the first screen has what it reads: whatever else is fetched before would hold it up on a slow machine. */
export function whenShown(client: QueryClient, act: () => void): void {
  const reads = client.getQueryCache();
  const end = reads.subscribe(() => {
    // Who is signed in is the first of them, and no screen.
    const isAny = reads
      .getAll()
      .some(({ queryKey, state }) => queryKey[0] !== "me" && state.status !== "pending");
    if (!isAny || client.isFetching() > 0) return;
    end();
    setTimeout(act, QUIET_MS);
  });
}
