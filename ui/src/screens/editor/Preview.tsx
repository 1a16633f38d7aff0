// What a schedule will do, from the service while one types: a sentence, the next fires on three clocks, warnings.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, send } from "../../api/client.ts";
import type { FieldError, NextFire, SchedulePreview } from "../../api/contract.ts";
import { isPlaced } from "../../form/field-errors.ts";
import { Notice } from "../../parts/Layout.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { OWN_ZONE } from "../../shell/preferences.ts";
import { fullText } from "../../words/time.ts";
import { knownZone } from "../../words/zone.ts";
import { type ScheduleDraft, withinLimits } from "./schedule-draft.ts";
import { inLabels } from "../../words/places.ts";
import css from "./editor.module.css";

/** So long nobody types. */
const QUIET_MS = 250;

export function useQuiet<T>(value: T, key: string): T {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), QUIET_MS);
    return () => clearTimeout(timer);
    // Another object with the same text is the same.
  }, [key]);
  return quiet;
}

/** `when`: the body of POST /schedules/preview. */
export function usePreview(when: Record<string, unknown>) {
  const quiet = useQuiet(when, JSON.stringify(when));
  const read = useQuery({
    queryKey: ["preview", quiet],
    queryFn: async ({ signal }) =>
      (await send<SchedulePreview>("POST", "/schedules/preview", { body: { ...quiet, count: 5 }, signal }))
        .data,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  const refused = read.error instanceof ApiError && isPlaced(read.error) ? read.error : null;
  const errors: readonly FieldError[] = refused?.fields ?? [];
  return { preview: refused ? undefined : read.data, errors, failed: refused ? null : read.error };
}

interface PreviewProps {
  preview: SchedulePreview | undefined;
  failed: Error | null;
  draft: ScheduleDraft;
  /** It is there already, so that some of its runs may have been. */
  hasRun: boolean;
}

export function Preview({ preview, failed, draft, hasRun }: PreviewProps) {
  if (failed) return <ErrorState error={failed} />;
  return (
    <div className={css["preview"]} aria-live="polite">
      {preview ? (
        <>
          <p className={css["sentence"]}>{preview.sentence}</p>
          {preview.warnings.map(({ code, message }) => (
            <Notice key={message} tone={code === "zone_defaulted" ? "calm" : "warn"}>
              <span data-warning={code}>
                <strong>{WARNING_WORDS[code] ?? "Mind"}:</strong> {inLabels(message)}
              </span>
            </Notice>
          ))}
          <Limited preview={preview} draft={draft} hasRun={hasRun} />
        </>
      ) : (
        <p className={css["none"]}>No next fires: what says when is not right yet.</p>
      )}
    </div>
  );
}

/** The limits are the form's own: the service's preview knows when, and not from when to when. */
function Limited({
  preview,
  draft,
  hasRun,
}: Pick<PreviewProps, "draft" | "hasRun"> & { preview: SchedulePreview }) {
  const { fires, says } = withinLimits(draft, preview.nextFires, hasRun);
  return (
    <>
      <NextFires fires={fires} zone={preview.timeZone} />
      {says.map((one) => (
        <p key={one} className={css["none"]} data-limit>
          {one}
        </p>
      ))}
    </>
  );
}

const WARNING_WORDS: Readonly<Record<string, string>> = {
  never_fires: "It never fires",
  dst_gap: "The clocks go forward",
  dst_repeat: "The clocks go back",
  zone_defaulted: "Time zone",
  day_or: "Either day",
  every_drifts: "It drifts",
  shorter_than_usual: "Runs may overlap",
};

/** The same instants on the schedule's clock, on the reader's own and in UTC; clocks that agree are shown once. */
export function NextFires({ fires, zone }: { fires: readonly NextFire[]; zone: string }) {
  const zones = [...new Set([zone, OWN_ZONE, "UTC"])];
  if (fires.length === 0) return <p className={css["none"]}>It has no next fire.</p>;
  return (
    <div className={css["scroll"]} tabIndex={0} role="region" aria-label="Next fires">
      <table className={css["fires"]}>
        <caption>Next fires</caption>
        <thead>
          <tr>
            {zones.map((one) => (
              <th key={one} scope="col">
                {one}
                <span>{nameOf(one, zone)}</span>
                {knownZone(one) !== one && <span> shown in UTC: this browser does not know the zone</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fires.map(({ at }) => (
            <tr key={at}>
              {zones.map((one) => (
                <td key={one}>{fullText(Date.parse(at), one)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(one: string, zone: string): string {
  const names = [one === zone && "schedule", one === OWN_ZONE && "this browser"].filter(Boolean);
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
}
