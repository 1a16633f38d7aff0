// Above a log: its search, filters, how lines are shown, and what can be done with them.
import { useState } from "react";
import type { Run } from "../api/contract.ts";
import { addressFor } from "../api/client.ts";
import { Button } from "../parts/Button.tsx";
import { copyText } from "../parts/Copy.tsx";
import type { Finds } from "./finds.ts";
import { LEVELS, type Level } from "./line.ts";
import type { LineRange } from "./line-link.ts";
import { lineText } from "./log-text.ts";
import type { LogStore } from "./log-store.ts";
import { STAMPS, type Stamp } from "./stamps.ts";
import { isOpen } from "../words/states.ts";
import type { LogFilter, Rows } from "./view-state.ts";
import { downloadPages } from "./download.ts";
import css from "./log.module.css";

interface LogBarProps {
  run: Run;
  store: LogStore;
  rows: Rows;
  picked: LineRange | undefined;
  filter: LogFilter;
  onFilter(filter: LogFilter): void;
  search: string;
  onSearch(text: string): void;
  finds: Finds;
  lacking: boolean;
  stamp: Stamp;
  onStamp(stamp: Stamp): void;
  wrap: boolean;
  onWrap(wrap: boolean): void;
  following: boolean;
  onFollow(following: boolean): void;
}

const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  debug: "All levels",
  info: "Info and above",
  warn: "Warnings and errors",
  error: "Errors",
};
const STAMP_WORDS: Readonly<Record<Stamp, string>> = {
  off: "No times",
  local: "Page's zone",
  utc: "UTC",
  elapsed: "Since its start",
};

export function LogBar(props: LogBarProps) {
  const { run, filter, onFilter, stamp, onStamp, wrap, onWrap, following, onFollow } = props;
  return (
    <div className={css["bar"]}>
      <SearchField {...props} />
      <select
        aria-label="Levels"
        value={filter.level}
        onChange={(event) => onFilter({ ...filter, level: event.target.value as Level })}
      >
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {LEVEL_WORDS[level]}
          </option>
        ))}
      </select>
      {run.attempt > 1 && (
        <select
          aria-label="Attempts"
          value={filter.attempt ?? ""}
          onChange={(event) =>
            onFilter({ ...filter, attempt: event.target.value === "" ? null : Number(event.target.value) })
          }
        >
          <option value="">All attempts</option>
          {Array.from({ length: run.attempt }, (_, i) => (
            <option key={i} value={i + 1}>
              Attempt {i + 1}
            </option>
          ))}
        </select>
      )}
      <select aria-label="Times" value={stamp} onChange={(event) => onStamp(event.target.value as Stamp)}>
        {STAMPS.map((one) => (
          <option key={one} value={one}>
            {STAMP_WORDS[one]}
          </option>
        ))}
      </select>
      <label className={css["check"]}>
        <input type="checkbox" checked={wrap} onChange={(event) => onWrap(event.target.checked)} />
        Wrap
      </label>
      <Button aria-pressed={following} onClick={() => onFollow(!following)} data-key="f">
        {following ? (isOpen(run.state) ? "Following" : "At the end") : "Go to the end"}
      </Button>
      <Take {...props} />
    </div>
  );
}

function SearchField({ search, onSearch, finds, lacking }: LogBarProps) {
  return (
    <div className={css["search"]} role="search">
      <input
        type="search"
        aria-label="Search the log"
        placeholder="Search the log"
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          finds.step(event.shiftKey ? -1 : 1);
        }}
      />
      {search !== "" && (
        <>
          <span className={css["finds"]} role="status">
            {finds.count === 0 ? "nothing" : `${finds.place === 0 ? "" : `${finds.place} of `}${finds.count}`}
            {lacking && " so far"}
          </span>
          <Button aria-label="Previous find" disabled={finds.count === 0} onClick={() => finds.step(-1)}>
            ↑
          </Button>
          <Button aria-label="Next find" disabled={finds.count === 0} onClick={() => finds.step(1)}>
            ↓
          </Button>
        </>
      )}
    </div>
  );
}

/** Copies what is picked or shown, once all of it is here; the file is the whole log. */
function Take({ run, store, rows, picked }: LogBarProps) {
  const [said, setSaid] = useState("");
  const from = picked ? rows.rowOf(picked.from) : 0;
  const to = picked ? rows.rowOf(picked.to) : rows.count - 1;
  const tell = (text: string) => {
    setSaid(text);
    setTimeout(() => setSaid(""), 3_000);
  };
  const copy = async () => {
    if (store.want(rows.seqAt(from), rows.seqAt(to))) {
      tell("Still loading; press again in a moment");
      return;
    }
    const lines = [];
    for (let row = from; row <= to; row++) {
      const line = store.buffer.at(rows.seqAt(row));
      if (line) lines.push(lineText(line));
    }
    tell(
      (await copyText(lines.join("\n"))) ? `${lines.length} lines copied` : "The browser does not allow it",
    );
  };
  const download = () => {
    tell("Fetching the log …");
    downloadPages(
      addressFor(`/runs/${encodeURIComponent(run.id)}/logs`, { limit: 5_000 }),
      `${run.id}.log`,
      "text/plain",
    ).then(
      () => tell("Downloaded"),
      (error: unknown) =>
        tell(`It could not be fetched: ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  return (
    <>
      <Button disabled={rows.count === 0} onClick={() => void copy()}>
        {picked ? "Copy the picked lines" : "Copy"}
      </Button>
      <Button disabled={rows.count === 0} onClick={download}>
        Download
      </Button>
      <span role="status" className={css["finds"]}>
        {said}
      </span>
    </>
  );
}
