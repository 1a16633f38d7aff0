// What a run did to records: how many, and how many of them failed.
import type { RecordCounts } from "../api/contract.ts";
import { numberText } from "../words/time.ts";
import css from "./parts.module.css";

export function Records({ of }: { of: RecordCounts }) {
  if (of.processed === 0) return <span className={css["muted"]}>–</span>;
  return (
    <span className={css["time"]} title={`${of.success} ok, ${of.failed} failed, ${of.skipped} skipped`}>
      {numberText(of.processed)}
      {of.failed > 0 && <strong className={css["failed"]}> {numberText(of.failed)} failed</strong>}
    </span>
  );
}
