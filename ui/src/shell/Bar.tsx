// The line above every screen: live updates, the zone of all times, the theme, the keys.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { type LiveState, useLive } from "../api/live.ts";
import { reading } from "../api/queries.ts";
import type { Meta } from "../api/contract.ts";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { counted, zoneName } from "../words/time.ts";
import { useLiveUpdates } from "./hooks.ts";
import { useNow } from "./now.ts";
import { applyTheme, OWN_ZONE, type Theme, usePreference } from "./preferences.ts";
import css from "./shell.module.css";

const SAYS: Readonly<Record<LiveState, string>> = {
  connecting: "Connecting",
  live: "Live",
  polling: "Asking every 5 s",
  paused: "Paused",
};

export function Bar() {
  const live = useLiveUpdates();
  const { state, missed } = useLive(live);
  return (
    <div className={css["bar"]}>
      <span className={css["live"]} role="status">
        <span className={css["dot"]} data-state={state} aria-hidden="true" />
        {SAYS[state]}
        {state === "paused" && missed > 0 && `, ${counted(missed, "change")} since`}
      </span>
      {state === "paused" ? (
        <Button onClick={() => live.resume()}>
          <Icon name="play" size={12} /> Go on
        </Button>
      ) : (
        <Button onClick={() => live.pause()}>
          <Icon name="pause" size={12} /> Pause updates
        </Button>
      )}
      <ZoneSwitch />
    </div>
  );
}

function ZoneSwitch() {
  const [zone, setZone] = usePreference("zone", "local");
  const meta = useQuery({ ...reading<Meta>("/meta"), staleTime: Infinity });
  const now = useNow(3_600_000);
  const zones = [...new Set([OWN_ZONE, "UTC", meta.data?.timeZone ?? "UTC"])];
  return (
    <label>
      Times in{" "}
      <select value={zone === OWN_ZONE ? "local" : zone} onChange={(event) => setZone(event.target.value)}>
        {zones.map((one) => (
          <option key={one} value={one === OWN_ZONE ? "local" : one}>
            {one === "UTC" ? "UTC" : `${one} (${zoneName(now, one)})`}
            {one === OWN_ZONE && one !== "UTC" ? ", this browser" : ""}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ThemeSwitch() {
  const [theme, setTheme] = usePreference<Theme>("theme", "system");
  useEffect(() => applyTheme(theme), [theme]);
  return (
    <label>
      Theme{" "}
      <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        <option value="system">system</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}
