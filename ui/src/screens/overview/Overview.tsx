// What failed, what runs, what comes next: what an admin wants to know first, and how to get to each of it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { HourStats, List, PlannedFire, Run, Scheduler, Stats } from "../../api/contract.ts";
import { FIGURES, HOURS, LATEST_FAILED, NOW_OPEN } from "../../api/first-reads.ts";
import { reading } from "../../api/queries.ts";
import { Icon } from "../../parts/Icon.tsx";
import { Columns, Notice, Panel, Screen, Section } from "../../parts/Layout.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Time } from "../../parts/Time.tsx";
import { useFields } from "../../shell/hooks.ts";
import { firstOfEach } from "../../words/fires.ts";
import { numberText } from "../../words/time.ts";
import { Hours } from "./Hours.tsx";
import { NextFires, RunList } from "./Lists.tsx";
import { whoIs } from "../../words/places.ts";
import css from "./overview.module.css";

/** The service looks no further: there may be more. */
const MOST_DUE = 200;

export function Overview() {
  const [fields] = useFields();
  const stats = useQuery(reading<Stats>(...FIGURES));
  const hours = useQuery(reading<HourStats>(...HOURS));
  const scheduler = useQuery(reading<Scheduler>("/scheduler"));
  const failed = useQuery(reading<List<Run>>(...LATEST_FAILED));
  const open = useQuery(reading<List<Run>>(...NOW_OPEN));
  const due = fields["due"] === "hour" ? (stats.data?.schedules.dueWithinHour ?? 0) : undefined;
  const limit = due === undefined ? 200 : Math.max(1, due);
  const next = useQuery(reading<List<PlannedFire>>("/upcoming", { limit }));
  const paused = scheduler.data?.paused;
  return (
    <Screen title="Overview">
      {paused && (
        <Notice tone="warn">
          <strong>
            <Icon name="pause" /> No schedule fires.
          </strong>
          <span>
            {whoIs(paused.by)} paused everything <Time at={paused.at} as="relative" />
            {paused.reason && `: ${paused.reason}`}. <Link to="/system">System</Link> has the way on.
          </span>
        </Notice>
      )}
      <Loaded read={stats} what="Loading the figures">
        {(figures, isOld) => (figures.jobs === 0 ? <NoJobs /> : <Tiles stats={figures} isOld={isOld} />)}
      </Loaded>
      <Section title="Last 24 hours">
        <Panel>
          <Loaded read={hours}>{(read) => <Hours stats={read} />}</Loaded>
        </Panel>
      </Section>
      <Columns>
        <Section
          title="Failed"
          aside={
            <Link to="/runs" search={{ state: "failed", since: "24h" } as never}>
              all of 24 h
            </Link>
          }
        >
          <Loaded read={failed}>
            {({ data }) => (
              <RunList
                label="Failed runs"
                runs={data}
                empty={<EmptyState title="Nothing failed in the last 24 hours." />}
              />
            )}
          </Loaded>
        </Section>
        <Section
          title="Running and waiting"
          aside={
            <Link to="/runs" search={{ state: "running,retrying,queued" } as never}>
              all
            </Link>
          }
        >
          <Loaded read={open}>
            {({ data }) => (
              <RunList
                label="Open runs"
                runs={data}
                empty={<EmptyState title="Nothing runs or waits now." />}
              />
            )}
          </Loaded>
        </Section>
      </Columns>
      <Section
        title={due === undefined ? "Next fire of each schedule" : "Due within the hour"}
        aside={
          due === undefined ? <Link to="/timeline">timeline</Link> : <Link to="/">one of each schedule</Link>
        }
      >
        <Loaded read={next}>
          {({ data }) => <NextFires fires={due === undefined ? firstOfEach(data, 10) : data} />}
        </Loaded>
      </Section>
    </Screen>
  );
}

/** Old figures lose their colours, and say at each that it is not of now. */
function Tiles({ stats, isOld }: { stats: Stats; isOld: boolean }) {
  const { ended, open, schedules } = stats;
  const capped = (one: { count: number; capped: boolean }) =>
    `${numberText(one.count)}${one.capped ? "+" : ""}`;
  const waiting = open.queued.count + open.retrying.count;
  return (
    <div className={css["tiles"]}>
      <Tile
        isOld={isOld}
        tone={ended.failed.count > 0 ? "bad" : undefined}
        number={capped(ended.failed)}
        name="failed in 24 h"
      >
        {(inside) => (
          <Link
            className={css["tile"]}
            to="/runs"
            search={{ state: "failed", since: "24h" } as never}
            {...inside}
          />
        )}
      </Tile>
      <Tile
        isOld={isOld}
        tone={open.running.count > 0 ? "busy" : undefined}
        number={capped(open.running)}
        name="running now"
      >
        {(inside) => (
          <Link className={css["tile"]} to="/runs" search={{ state: "running" } as never} {...inside} />
        )}
      </Tile>
      <Tile isOld={isOld} number={numberText(waiting)} name="waiting or retrying">
        {(inside) => (
          <Link
            className={css["tile"]}
            to="/runs"
            search={{ state: "queued,retrying" } as never}
            {...inside}
          />
        )}
      </Tile>
      <Tile
        isOld={isOld}
        number={`${numberText(schedules.dueWithinHour)}${schedules.dueWithinHour >= MOST_DUE ? "+" : ""}`}
        name="due within the hour"
      >
        {(inside) => <Link className={css["tile"]} to="/" search={{ due: "hour" } as never} {...inside} />}
      </Tile>
      <Tile
        isOld={isOld}
        tone={stats.loadErrors > 0 ? "bad" : undefined}
        number={numberText(stats.loadErrors)}
        name={stats.loadErrors === 1 ? "load error" : "load errors"}
      >
        {(inside) => (
          <Link className={css["tile"]} to="/sources" search={{ tab: "errors" } as never} {...inside} />
        )}
      </Tile>
      <Tile isOld={isOld} number={numberText(stats.jobs)} name="jobs">
        {(inside) => <Link className={css["tile"]} to="/jobs" {...inside} />}
      </Tile>
    </div>
  );
}

interface TileProps {
  isOld: boolean;
  tone?: "bad" | "busy";
  number: string;
  name: string;
  children(inside: { children: ReactNode; "data-tone": string | undefined }): ReactNode;
}

function Tile({ isOld, tone: toneNow, number, name, children }: TileProps) {
  const tone = isOld ? undefined : toneNow;
  const inside = (
    <>
      <span className={css["number"]}>
        {tone === "bad" && <Icon name="warn" size={20} />}
        {tone === "busy" && <Icon name="play" size={18} />}
        {number}
      </span>
      <span className={css["name"]}>{isOld ? `${name}, when last heard` : name}</span>
    </>
  );
  return children({ children: inside, "data-tone": tone });
}

function NoJobs() {
  return (
    <EmptyState title="No job is loaded yet.">
      <span>
        Save a folder with a <code>job.ts</code> in a mounted folder; it appears here within a second.{" "}
        <code>npx jobmount new my-job</code> writes one. <Link to="/sources">Sources</Link> says which folders
        are watched, and what keeps one from loading.
      </span>
    </EmptyState>
  );
}
