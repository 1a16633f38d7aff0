// Runs of the last 24 hours, one bar an hour; each leads to the list of exactly these runs.
import { Link } from "@tanstack/react-router";
import type { HourStats } from "../../api/contract.ts";
import { Muted } from "../../parts/Layout.tsx";
import { useZone } from "../../shell/preferences.ts";
import { useNow } from "../../shell/now.ts";
import { axisTop } from "../../words/bars.ts";
import { hourBars } from "../../words/hours.ts";
import { clockText, counted, numberText, zoneName } from "../../words/time.ts";
import css from "./overview.module.css";

export function Hours({ stats }: { stats: HourStats }) {
  const zone = useZone();
  const now = useNow(60_000);
  const bars = hourBars(stats);
  const top = axisTop(bars.map(({ total }) => total));
  const clock = (at: string) => clockText(Date.parse(at), zone, now, false);
  return (
    <div className={css["chart"]}>
      <div className={css["axis"]} aria-hidden="true">
        <span>{numberText(top)}</span>
        <span>0</span>
      </div>
      <div className={css["bars"]} role="group" aria-label="Runs by the hour">
        {bars.map((bar) => {
          const says = `${clock(bar.at)} ${zoneName(Date.parse(bar.at), zone)}: ${counted(bar.total, "run")}, ${bar.failed} failed`;
          const share = (count: number) => (count / top) * 100;
          const parts = [
            ["var(--good-bar)", bar.succeeded],
            ["var(--calm-bar)", bar.other],
            ["var(--bad-bar)", bar.failed],
          ] as const;
          let y = 100;
          return (
            <Link
              key={bar.at}
              to="/runs"
              search={{ since: bar.at, until: bar.until } as never}
              title={says}
              aria-label={says}
            >
              <svg viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">
                <rect x={0} y={99} width={10} height={1} fill="var(--line)" />
                {parts.map(([fill, count]) => {
                  // One run among thousands is seen all the same.
                  const height = count === 0 ? 0 : Math.max(1.5, share(count));
                  y -= height;
                  return <rect key={fill} x={0} y={y} width={10} height={height} fill={fill} />;
                })}
              </svg>
            </Link>
          );
        })}
      </div>
      <div className={css["hours"]}>
        <span>
          {bars[0] && clock(bars[0].at)} {bars[0] && zoneName(Date.parse(bars[0].at), zone)}
        </span>
        {[6, 12, 18].map((hour) => (
          <span key={hour}>{bars[hour] && clock(bars[hour].at)}</span>
        ))}
        <span>now</span>
      </div>
      <div className={`${css["legend"]} ${css["hours"]}`}>
        {(["succeeded", "failed", "other"] as const).map((kind) => (
          <span key={kind}>
            <span className={css["swatch"]} data-kind={kind} />
            {kind === "other" ? "cancelled, skipped or open" : kind}
          </span>
        ))}
        {stats.partial && <Muted>Only the newest 50,000 runs are counted.</Muted>}
      </div>
    </div>
  );
}
