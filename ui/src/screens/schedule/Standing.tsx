// What keeps a schedule from firing now, who did it and until when; and the fires that somebody asked to skip.
import { Link } from "@tanstack/react-router";
import type { Schedule } from "../../api/contract.ts";
import { Notice } from "../../parts/Layout.tsx";
import { useParamLabels } from "../../parts/param-labels.ts";
import { Time } from "../../parts/Time.tsx";
import { inLabels, placeInWords, whoIs } from "../../words/places.ts";
import css from "./schedule.module.css";

export function Standing({ schedule }: { schedule: Schedule }) {
  const { enabled, paused, held, suspended, skipNext } = schedule;
  const labels = useParamLabels(schedule, held !== null);
  return (
    <>
      {held && (
        <Notice tone="bad">
          <div>
            <strong>Held since </strong>
            <Time at={held.at} />: {held.reason}
            <ul className={css["list"]}>
              {held.errors.map(({ pointer, message }) => (
                <li key={pointer + message}>
                  {placeInWords(pointer, labels)}: {inLabels(message)}
                </li>
              ))}
            </ul>
            Its params have to fit the job's version again:{" "}
            <Link to="/schedules/$id/edit" params={{ id: schedule.id }}>
              change them
            </Link>
          </div>
        </Notice>
      )}
      {!enabled && (
        <Notice tone="calm">
          <strong>It is switched off:</strong> nothing of it fires until it is switched on.
        </Notice>
      )}
      {paused && (
        <Notice tone="warn">
          <span>
            <strong>Paused</strong> by {whoIs(paused.by)} since <Time at={paused.at} />
            {paused.until === null ? ", until somebody resumes it" : null}
            {paused.until !== null && (
              <>
                {" "}
                until <Time at={paused.until} />
              </>
            )}
            {paused.reason !== null && <>: “{paused.reason}”</>}
          </span>
        </Notice>
      )}
      {suspended && !paused && !held && enabled && (
        <Notice tone="warn">
          <span>
            <strong>Nothing of it fires now:</strong> {inLabels(suspended.cause)}, since{" "}
            <Time at={suspended.since} />
            {suspended.until !== null && (
              <>
                {" "}
                until <Time at={suspended.until} />
              </>
            )}
          </span>
        </Notice>
      )}
      {skipNext.length > 0 && (
        <Notice tone="calm">
          <div>
            <strong>Asked to skip:</strong>
            <ul className={css["list"]}>
              {skipNext.map(({ at, by, reason }) => (
                <li key={at}>
                  <Time at={at} zone={schedule.timeZone} />, by {whoIs(by)}
                  {reason !== null && <>: “{reason}”</>}
                </li>
              ))}
            </ul>
          </div>
        </Notice>
      )}
    </>
  );
}
