// An instant in the chosen zone, which it names; and lengths of time.
import type { PointerEvent } from "react";
import { OWN_ZONE, useZone } from "../shell/preferences.ts";
import { useNow } from "../shell/now.ts";
import { clockText, durationText, fullText, relativeText, zoneName } from "../words/time.ts";
import css from "./parts.module.css";

interface TimeProps {
  /** RFC 3339; null shows `none`. */
  at: string | null | undefined;
  /** How it is written: on the clock, as the distance from now, or both. */
  as?: "clock" | "relative" | "both";
  none?: string;
  /** Another zone than the chosen one, such as a schedule's own. */
  zone?: string;
}

export function Time({ at, as = "clock", none = "never", zone: given }: TimeProps) {
  const chosen = useZone();
  // A minute is near enough for what shows no seconds going by.
  const now = useNow(as === "clock" ? 60_000 : 1_000);
  if (at === null || at === undefined) return <span className={css["muted"]}>{none}</span>;
  const zone = given ?? chosen;
  const instant = Date.parse(at);
  // Written when somebody points at it: a list has a hundred times, and of each it is six texts.
  const tell = ({ currentTarget }: PointerEvent<HTMLElement>) => {
    const zones = [...new Set([zone, OWN_ZONE, "UTC"])];
    currentTarget.title = zones.map((one) => fullText(instant, one)).join("\n");
  };
  return (
    <time dateTime={at} onPointerEnter={tell} className={css["time"]}>
      {as !== "clock" && relativeText(instant, now)}
      {as === "both" && " · "}
      {as !== "relative" && (
        <>
          {clockText(instant, zone, now)} <span className={css["zone"]}>{zoneName(instant, zone)}</span>
        </>
      )}
    </time>
  );
}

export function Duration({ ms, none = "–" }: { ms: number | null | undefined; none?: string }) {
  if (ms === null || ms === undefined) return <span className={css["muted"]}>{none}</span>;
  return <span className={css["time"]}>{durationText(ms)}</span>;
}

/** How long something that began goes on by now. */
export function Since({ from }: { from: string }) {
  const now = useNow();
  return <span className={css["time"]}>{durationText(Math.max(0, now - Date.parse(from)))}</span>;
}
