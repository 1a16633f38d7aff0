// Below a log: how much of it there is, whether it goes on, and what was dropped.
import type { Run } from "../api/contract.ts";
import { Button } from "../parts/Button.tsx";
import { useZone } from "../shell/preferences.ts";
import { bytesText, counted, fullText } from "../words/time.ts";
import { isOpen } from "../words/states.ts";
import type { LogStore } from "./log-store.ts";
import css from "./log.module.css";

interface LogFootProps {
  run: Run;
  store: LogStore;
  /** Rows behind the filter. */
  shown: number;
  lacking: boolean;
}

export function LogFoot({ run, store, shown, lacking }: LogFootProps) {
  const { buffer, status } = store;
  const zone = useZone();
  const lines = counted(buffer.count, "line");
  return (
    <div className={css["foot"]}>
      <span>
        {shown === buffer.count ? lines : `${shown.toLocaleString("en-US")} of ${lines}`}
        {lacking && `; ${buffer.held.toLocaleString("en-US")} looked at so far`}
      </span>
      {run.log.bytes > 0 && <span>{bytesText(run.log.bytes)}</span>}
      {run.log.droppedBytes > 0 && (
        <strong>{bytesText(run.log.droppedBytes)} beyond the limit of a log were dropped</strong>
      )}
      {status.live === "live" && <span>live</span>}
      {status.live === "lost" && <span className={css["alert"]}>The stream was lost; trying again</span>}
      {buffer.count === 0 && <span>{emptyText(run, zone)}</span>}
      {status.error && (
        <span className={css["alert"]} role="alert">
          Some lines could not be fetched; they are asked for again by and by: {status.error.message}{" "}
          <Button onClick={() => store.again()}>Try again now</Button>
        </span>
      )}
    </div>
  );
}

function emptyText(run: Run, zone: string): string {
  const { removedAt, lines } = run.log;
  if (removedAt !== null)
    return `Its ${counted(lines, "line")} were removed on ${fullText(Date.parse(removedAt), zone)} because of their age (JOBMOUNT_RETENTION_LOGS).`;
  if (run.startedAt === null)
    return isOpen(run.state) ? "Nothing is written before it starts." : "It never started.";
  return isOpen(run.state)
    ? "It has written nothing yet."
    : "It wrote nothing. In execute, this.log.info and console.log write here.";
}
