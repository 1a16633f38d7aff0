// The lines in sight and a few beyond: however long a log is, the page holds some dozens of rows.
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "react";
import type { LineRange } from "./line-link.ts";
import { Heights, windowOf } from "./heights.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { LogRow } from "./LogRow.tsx";
import type { Rows } from "./view-state.ts";
import css from "./log.module.css";

/** As high as a line without a break is drawn. */
const ROW_HEIGHT = 20;
/** Room for a bar below the lines, so that a short log has none beside it. */
const SCROLLBAR = 16;
const MOST_ROUNDS = 8;

export interface LogLinesProps {
  buffer: LogBuffer;
  rows: Rows;
  /** Another value when the same row number means another line: a filter has changed. */
  rowsKey: string;
  wrap: boolean;
  stampOf(time: number, attempt: number): string | undefined;
  finder: RegExp | undefined;
  current: number | undefined;
  picked: LineRange | undefined;
  following: boolean;
  onFollow(following: boolean): void;
  onPick(seq: number, reach: boolean): void;
  /** The lines that are drawn, so that they can be asked for. */
  onShown(from: number, to: number): void;
  /** Brought into the middle each time that it is another object. */
  goTo: { seq: number } | undefined;
}

export function LogLines(props: LogLinesProps) {
  const { buffer, rows, rowsKey, wrap, finder, current, picked, following, onShown, goTo } = props;
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const seen = useRef({ top: 0, height: 0, width: 0 });
  const settling = useRef(0);
  const gone = useRef<LogLinesProps["goTo"]>(undefined);
  /** A line that stays where it is while lines come in before it. */
  const anchor = useRef<{ seq: number; at: number } | undefined>(undefined);
  /** The line whose number the Tab key comes to; the arrow keys go on from there. */
  const [stop, setStop] = useState<number | undefined>(undefined);
  /** The row whose number gets the focus once it is drawn. */
  const comes = useRef<number | undefined>(undefined);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const heights = useMemo(() => new Heights(ROW_HEIGHT), [rowsKey, wrap]);
  heights.resize(rows.count);
  const { first, end } = windowOf(heights, seen.current.top, seen.current.height || 600);

  useLayoutEffect(() => {
    // What is drawn may show that it should be drawn elsewhere; after a few times near enough is good.
    settling.current = settling.current < MOST_ROUNDS && settle() ? settling.current + 1 : 0;
  });

  useLayoutEffect(() => {
    // Once for each wish, and not before there are lines.
    if (!goTo || goTo === gone.current || rows.count === 0) return;
    const element = box.current!;
    gone.current = goTo;
    const top = Math.max(0, heights.offsetOf(rows.rowOf(goTo.seq)) - element.clientHeight / 2);
    anchor.current = undefined;
    seen.current.top = top;
    element.scrollTop = top;
    look();
  });

  useLayoutEffect(() => {
    const number = inner.current!.querySelector<HTMLElement>(`[data-row="${comes.current}"] a`);
    if (comes.current === undefined || !number) return;
    comes.current = undefined;
    number.focus({ preventScroll: true });
  });

  useLayoutEffect(() => {
    const element = box.current!;
    const watcher = new ResizeObserver(() => {
      if (seen.current.width !== element.clientWidth && seen.current.width > 0) heights.forget();
      look();
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [heights]);

  const from = rows.count === 0 ? 0 : rows.seqAt(first);
  const to = rows.count === 0 ? 0 : rows.seqAt(end - 1);
  useEffect(() => {
    if (to > 0) onShown(from, to);
  });

  /** Measures what is drawn, and puts the box where it is to stand; answers whether it has to be drawn anew. */
  function settle(): boolean {
    const element = box.current!;
    const changed = measure(inner.current!, heights);
    const lowest = Math.max(0, element.scrollHeight - element.clientHeight);
    const held = anchor.current;
    const top = following
      ? lowest
      : held
        ? Math.max(0, Math.min(lowest, heights.offsetOf(rows.rowOf(held.seq)) - held.at))
        : element.scrollTop;
    const moves = Math.abs(top - element.scrollTop) > 1;
    if (moves) element.scrollTop = top;
    if (!moves && !changed) return false;
    if (following) look();
    else {
      seen.current.top = element.scrollTop;
      redraw();
    }
    return true;
  }

  /** The stop itself, else what is picked, else the first line in sight; always one that is drawn. */
  function stopRow(): number {
    const drawn = [stop, picked?.from].flatMap((seq) => (seq === undefined ? [] : [rows.rowOf(seq)]));
    const found = drawn.find((row) => row >= first && row < end);
    return found ?? Math.max(first, Math.min(heights.rowAt(seen.current.top), end - 1));
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const number = (event.target as HTMLElement).closest("a");
    if (by === 0 || !number) return;
    event.preventDefault();
    // A key that is held comes faster than rows are drawn: it goes on from where the last one led.
    const from = comes.current ?? Number(number.closest<HTMLElement>("[data-row]")?.dataset["row"]);
    const row = Math.max(0, Math.min(from + by, rows.count - 1));
    comes.current = row;
    setStop(rows.seqAt(row));
    props.onFollow(false);
    const element = box.current!;
    const [top, bottom] = [heights.offsetOf(row), heights.offsetOf(row + 1)];
    const lowest = Math.max(bottom - element.clientHeight, 0);
    element.scrollTop = Math.min(top, Math.max(element.scrollTop, lowest));
    look();
  }

  /** Takes over where the box stands now. */
  function look(): void {
    const { scrollTop, clientHeight, clientWidth } = box.current!;
    const row = heights.rowAt(scrollTop);
    anchor.current =
      rows.count === 0 ? undefined : { seq: rows.seqAt(row), at: heights.offsetOf(row) - scrollTop };
    seen.current = { top: scrollTop, height: clientHeight, width: clientWidth };
    redraw();
  }

  function onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    const before = seen.current.top;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 4;
    if (scrollTop === before) return;
    if (following && scrollTop < before - 2 && !atEnd) props.onFollow(false);
    else if (!following && atEnd && scrollTop > before) props.onFollow(true);
    look();
  }

  const stopAt = stopRow();
  return (
    <div
      ref={box}
      className={wrap ? `${css["lines"]} ${css["wrap"]}` : css["lines"]}
      onScroll={onScroll}
      style={{ height: `min(34rem, 70vh, ${Math.max(3 * ROW_HEIGHT, heights.total + SCROLLBAR)}px)` }}
      tabIndex={0}
      role="region"
      aria-label="Lines of the log"
    >
      <div className={css["whole"]} style={{ height: heights.total }}>
        <div
          ref={inner}
          className={css["drawn"]}
          onKeyDown={onKeyDown}
          onFocus={(event) => {
            const seq = event.target.closest<HTMLElement>("[data-seq]")?.dataset["seq"];
            if (seq !== undefined) setStop(Number(seq));
          }}
          style={{ transform: `translateY(${heights.offsetOf(first)}px)` }}
        >
          {Array.from({ length: end - first }, (_, i) => {
            const seq = rows.seqAt(first + i);
            const slot = buffer.at(seq);
            const before = seq > 1 ? buffer.at(seq - 1) : undefined;
            const begins = slot && before && before.attempt !== slot.attempt ? slot.attempt : null;
            return (
              <LogRow
                key={seq}
                row={first + i}
                seq={seq}
                slot={slot}
                stamp={slot ? props.stampOf(slot.time, slot.attempt) : undefined}
                finder={finder}
                isCurrent={seq === current}
                isPicked={picked !== undefined && seq >= picked.from && seq <= picked.to}
                isStop={first + i === stopAt}
                beginsAttempt={begins}
                onPick={props.onPick}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Takes the heights of what is drawn; answers whether any was another than was thought. */
function measure(inner: HTMLElement, heights: Heights): boolean {
  let changed = false;
  for (const child of inner.children) {
    const row = Number((child as HTMLElement).dataset["row"]);
    if (heights.set(row, (child as HTMLElement).offsetHeight) !== 0) changed = true;
  }
  return changed;
}
