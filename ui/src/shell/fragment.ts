// Links to a place of the shown screen. The page has a `<base>`, against which a bare `#place` would lead to the first
// screen: path, search and fragment are always said together.
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";

/** The whole address of a place of what is shown now. */
export const placeHere = (fragment: string): string => `${location.pathname}${location.search}#${fragment}`;

/** The fragment of the address without its `#`, however it changes; and how to change it without moving what is shown. */
export function useFragment(): [string, (fragment: string) => void] {
  const fragment = useLocation({ select: ({ hash }) => hash });
  const navigate = useNavigate();
  const set = useCallback(
    (hash: string) =>
      void navigate({
        to: ".",
        search: true as never,
        hash,
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      }),
    [navigate],
  );
  return [fragment, set];
}
