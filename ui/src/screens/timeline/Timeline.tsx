// All jobs over time: what has run is filled, what is planned is hollow; any instant can be picked and asked about.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { get } from "../../api/client.ts";
import type { Source, Timeline } from "../../api/contract.ts";
import { readingAll } from "../../api/queries.ts";
import { InstantInput } from "../../form/InstantInput.tsx";
import { Button } from "../../parts/Button.tsx";
import { Notice, Screen } from "../../parts/Layout.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { useEvery, useFields } from "../../shell/hooks.ts";
import { useNow } from "../../shell/now.ts";
import { useZone } from "../../shell/preferences.ts";
import { counted, fullText } from "../../words/time.ts";
import { Chart } from "./Chart.tsx";
import { SPANS, type Window, windowAround } from "./lanes.ts";
import { Picked } from "./Picked.tsx";
import css from "./timeline.module.css";

const MOST = 2_000;
const DAY = 86_400_000;

const SPAN_WORDS: Readonly<Record<number, string>> = {
  3_600_000: "1 hour",
  21_600_000: "6 hours",
  86_400_000: "1 day",
  259_200_000: "3 days",
  604_800_000: "7 days",
};

export function TimelineScreen() {
  const [fields, change] = useFields();
  const now = useHeldNow();
  const asked = Date.parse(fields["at"] ?? "");
  const centre = Number.isNaN(asked) ? now : asked;
  const span = SPANS.find((one) => String(one) === fields["span"]) ?? DAY;
  const { source } = fields;
  const window = windowAround(centre, span);
  const query = { since: iso(window.since), until: iso(window.until), limit: MOST, source };
  const read = useQuery({
    queryKey: ["timeline", "/timeline", query],
    queryFn: ({ signal }) => get<Timeline>("/timeline", query, signal),
    placeholderData: keepPreviousData,
  });
  const move = (at: number) => change({ at: iso(at) }, { replace: true });
  return (
    <Screen
      title="Timeline"
      about="What has run is filled, what is planned is hollow. Pick a mark, or any place of a lane, to ask why."
    >
      <Controls centre={centre} span={span} source={source} onMove={move} onChange={change} />
      <Loaded read={read} what="Loading the timeline">
        {(timeline) => (
          <Drawn
            timeline={timeline}
            window={window}
            filtered={source !== undefined}
            onAll={() => change({ source: undefined })}
            pick={fields["pick"]}
            job={fields["job"]}
            onPick={(job, at) =>
              change({ job, pick: iso(at), ...(fields["at"] ? {} : { at: iso(centre) }) }, { replace: true })
            }
          />
        )}
      </Loaded>
    </Screen>
  );
}

interface DrawnProps {
  timeline: Timeline;
  window: Window;
  filtered: boolean;
  onAll(): void;
  pick: string | undefined;
  job: string | undefined;
  onPick(job: string, at: number): void;
}

function Drawn({ timeline, window, filtered, onAll, pick, job, onPick }: DrawnProps) {
  const { runs, planned, moreRuns, morePlanned } = timeline;
  return (
    <>
      {(moreRuns || morePlanned) && (
        <Notice tone="calm">
          {moreRuns && (
            <span>
              Only the newest {counted(runs.length, "run")} of this window are drawn; zoom in for the others.
            </span>
          )}
          {morePlanned && <span>Only the next {counted(planned.length, "fire")} are drawn.</span>}
        </Notice>
      )}
      {runs.length === 0 && planned.length === 0 ? (
        <EmptyState
          title={
            filtered
              ? "Nothing of this source has run or is planned here."
              : "Nothing has run or is planned here."
          }
        >
          {filtered ? (
            <Button onClick={onAll}>Show all sources</Button>
          ) : (
            <span>
              Zoom out, or <Link to="/schedules/new">make a schedule</Link>.
            </span>
          )}
        </EmptyState>
      ) : (
        <Chart timeline={timeline} window={window} picked={pick} pickedJob={job} onPick={onPick} />
      )}
      {pick !== undefined && job !== undefined && (
        <Picked key={`${job} ${pick}`} job={job} at={pick} timeline={timeline} />
      )}
    </>
  );
}

interface ControlsProps {
  centre: number;
  span: number;
  source: string | undefined;
  onMove(at: number): void;
  onChange(change: Record<string, string | undefined>, how?: { replace: boolean }): void;
}

function Controls({ centre, span, source, onMove, onChange }: ControlsProps) {
  const zone = useZone();
  const sources = useQuery(readingAll<Source>("/sources"));
  const names = (sources.data ?? []).map(({ name }) => name);
  const zoom = SPANS.indexOf(span as (typeof SPANS)[number]);
  const { since, until } = windowAround(centre, span);
  const toSpan = (next: number | undefined) =>
    next !== undefined && onChange({ span: String(next) }, { replace: true });
  return (
    <div className={css["controls"]} role="group" aria-label="What is shown">
      <Button onClick={() => onMove(centre - span / 2)}>← Earlier</Button>
      <Button onClick={() => onChange({ at: undefined }, { replace: true })}>Now</Button>
      <Button onClick={() => onMove(centre + span / 2)}>Later →</Button>
      <Button aria-label="Zoom in" disabled={zoom === 0} onClick={() => toSpan(SPANS[zoom - 1])}>
        +
      </Button>
      <Button
        aria-label="Zoom out"
        disabled={zoom === SPANS.length - 1}
        onClick={() => toSpan(SPANS[zoom + 1])}
      >
        −
      </Button>
      <label>
        Shown{" "}
        <select value={String(span)} onChange={(event) => toSpan(Number(event.target.value))}>
          {SPANS.map((one) => (
            <option key={one} value={String(one)}>
              {SPAN_WORDS[one]}
            </option>
          ))}
        </select>
      </label>
      <label className={css["around"]}>
        Around
        <InstantInput
          value={iso(Math.floor(centre / 60_000) * 60_000)}
          zone={zone}
          whole
          onChange={(value) => value !== "" && onMove(Date.parse(value))}
        />
      </label>
      {(names.length > 1 || source !== undefined) && (
        <label>
          Source{" "}
          <select
            value={source ?? ""}
            onChange={(event) => onChange({ source: event.target.value || undefined })}
          >
            <option value="">all sources</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <span className={css["range"]}>
        {fullText(since, zone)} to {fullText(until, zone)}
      </span>
    </div>
  );
}

/** The minute that it is, or in which updates were paused. */
function useHeldNow(): number {
  const now = useNow(60_000);
  const isPaused = useEvery(0) === false;
  const held = useRef(now);
  if (!isPaused) held.current = now;
  return held.current;
}

const iso = (at: number): string => new Date(at).toISOString();
