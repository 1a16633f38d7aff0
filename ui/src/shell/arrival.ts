// Where the keyboard goes on when another screen is there: at its heading, which a screen reader then reads out.
import type { AnyRouter } from "@tanstack/react-router";
import { useEffect } from "react";

/** Only when the path is another one: whoever filters a list goes on where they are. */
export function useArrival(router: AnyRouter): void {
  useEffect(() => {
    let stop = () => {};
    const leave = router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
      if (!fromLocation || !pathChanged) return;
      stop();
      stop = arrive();
    });
    return () => {
      leave();
      stop();
    };
  }, [router]);
}

/** A screen may still be on its way, or be drawn once more with what it has read; whoever has gone on is left alone. */
function arrive(): () => void {
  const main = document.getElementById("main");
  if (!main) return () => {};
  main.focus({ preventScroll: true });
  const take = () => {
    const heading = main.querySelector<HTMLElement>("h1");
    const isHere = [main, document.body, heading].includes(document.activeElement as HTMLElement);
    if (isHere) heading?.focus({ preventScroll: true });
    if (!isHere || (heading && !main.querySelector("[data-loading]"))) changes.disconnect();
  };
  const changes = new MutationObserver(take);
  changes.observe(main, { childList: true, subtree: true });
  take();
  return () => changes.disconnect();
}
