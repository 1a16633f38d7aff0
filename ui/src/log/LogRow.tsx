// One line of a log. The text of a job is always text: pieces with a look each, never markup.
import { memo } from "react";
import { placeHere } from "../shell/fragment.ts";
import { type Look, spansOf } from "./ansi.ts";
import { markSpans } from "./highlight.ts";
import { droppedBefore, type Line } from "./line.ts";
import type { Slot } from "./log-buffer.ts";
import css from "./log.module.css";

interface LogRowProps {
  row: number;
  seq: number;
  slot: Slot;
  /** Undefined: no times are shown. */
  stamp: string | undefined;
  finder: RegExp | undefined;
  /** The find that next and previous have come to. */
  isCurrent: boolean;
  isPicked: boolean;
  /** Of all line numbers the one that the Tab key stops at. */
  isStop: boolean;
  beginsAttempt: number | null;
  onPick(seq: number, reach: boolean): void;
}

export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { row, seq, slot, stamp, finder, isCurrent, isPicked, isStop, beginsAttempt, onPick } = props;
  const classes = [
    css["row"],
    slot && css[slot.level],
    isPicked && css["picked"],
    isCurrent && css["current"],
  ];
  return (
    <div className={classes.filter(Boolean).join(" ")} data-row={row} data-seq={seq}>
      {beginsAttempt !== null && <div className={css["attempt"]}>Attempt {beginsAttempt}</div>}
      <div className={css["line"]}>
        <a
          href={placeHere(`L${seq}`)}
          tabIndex={isStop ? 0 : -1}
          className={css["number"]}
          aria-label={`Line ${seq}`}
          onClick={(event) => {
            event.preventDefault();
            onPick(seq, event.shiftKey);
          }}
        >
          {seq}
        </a>
        {stamp !== undefined && <span className={css["stamp"]}>{stamp}</span>}
        <LineText slot={slot} seq={seq} finder={finder} />
      </div>
    </div>
  );
});

function LineText({ slot, seq, finder }: { slot: Slot; seq: number; finder: RegExp | undefined }) {
  if (slot === undefined) return <span className={css["absent"]}>…</span>;
  if (slot === null) return <span className={css["absent"]}>line {seq} was not kept</span>;
  const dropped = droppedBefore(slot);
  if (dropped) {
    return (
      <strong className={css["dropped"]}>
        {dropped.lines.toLocaleString("en-US")} lines ({dropped.bytes.toLocaleString("en-US")} bytes) were
        dropped here: the log had reached its limit
      </strong>
    );
  }
  return (
    <>
      <span className={css["level"]}>{slot.stream === "log" ? slot.level : slot.stream}</span>
      <span className={css["text"]}>
        <Spans line={slot} finder={finder} />
      </span>
    </>
  );
}

function Spans({ line, finder }: { line: Line; finder: RegExp | undefined }) {
  const spans = markSpans(spansOf(line.text), finder);
  return spans.map((span, i) => {
    const classes = classesOf(span.look, span.control === true);
    if (span.marked) {
      return (
        <mark key={i} className={classes}>
          {span.text}
        </mark>
      );
    }
    return classes === "" ? (
      span.text
    ) : (
      <span key={i} className={classes}>
        {span.text}
      </span>
    );
  });
}

function classesOf(look: Look, control: boolean): string {
  const { colour, ground, ...switches } = look;
  const names = [
    colour && `fg-${colour}`,
    ground && `bg-${ground}`,
    ...Object.keys(switches),
    control && "control",
  ];
  return names
    .filter((name) => typeof name === "string")
    .map((name) => css[name] ?? "")
    .join(" ");
}
