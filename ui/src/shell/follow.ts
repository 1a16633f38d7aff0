// Follows the plain links of lists inside of the page; whatever a browser does with a link by itself, it goes on doing.
import type { RouterHistory } from "@tanstack/react-router";
import type { MouseEvent } from "react";

export function follow(event: MouseEvent, history: RouterHistory): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-page]");
  if (!link) return;
  event.preventDefault();
  history.push(link.pathname + link.search + link.hash);
}
