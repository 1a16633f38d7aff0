// The log of a run: opens at its end, follows what comes until somebody scrolls up, and can be searched and linked to.
import { useCallback, useEffect, useMemo, useReducer, useRef, useState, useSyncExternalStore } from "react";
import type { Run } from "../api/contract.ts";
import { useFragment } from "../shell/fragment.ts";
import { usePreference, useZone } from "../shell/preferences.ts";
import { isOpen } from "../words/states.ts";
import { NO_FINDS, useFinds } from "./finds.ts";
import { finderOf } from "./highlight.ts";
import { fragmentOf, rangeAfterClick, rangeOf } from "./line-link.ts";
import { LogBar } from "./LogBar.tsx";
import { LogFoot } from "./LogFoot.tsx";
import { LogLines } from "./LogLines.tsx";
import { LogStore } from "./log-store.ts";
import { restLog } from "./rest-log.ts";
import { type Stamp, stampOf } from "./stamps.ts";
import {
  allRows,
  filterIndex,
  isFiltering,
  type LogFilter,
  NO_FILTER,
  rowsOf,
  searchIndex,
} from "./view-state.ts";
import css from "./log.module.css";

/** So long lines are looked at for a filter or a search before the browser may draw again. */
const LOOK_MS = 8;

/** Give it the run's id as `key`: another run is another log. */
export function LogView({ run, live }: { run: Run; live: boolean }) {
  const store = useLog(run, live);
  const { version } = useSyncExternalStore(store.listen, () => store.status);
  const { buffer } = store;
  const [filter, setFilter] = useState<LogFilter>(NO_FILTER);
  const [search, setSearch] = useState("");
  const [stamp, setStamp] = usePreference<Stamp>("log.stamp", "local");
  const [wrap, setWrap] = usePreference("log.wrap", true);
  const { picked, pick, goTo, setGoTo, following, setFollowing, section } = usePicked();
  const zone = useZone();

  const filtered = useMemo(() => filterIndex(buffer, filter), [buffer, filter]);
  const found = useMemo(() => searchIndex(buffer, filter, search), [buffer, filter, search]);
  const needsAll = isFiltering(filter) || search !== "";
  useEffect(() => {
    if (needsAll) store.want(1, buffer.count);
  }, [needsAll, store, buffer, version]);

  const until = performance.now() + LOOK_MS;
  const over = () => performance.now() > until;
  const rows = isFiltering(filter) ? rowsOf(filtered.sync(over)) : allRows(buffer);
  const shown = useRef({ from: 1, to: 1 });
  const finds = useFinds(
    search === "" ? NO_FINDS : found.sync(over),
    () => ({ ...shown.current, atEnd: following }),
    (seq) => {
      setFollowing(false);
      setGoTo({ seq });
    },
  );
  const looking = (isFiltering(filter) && !filtered.complete) || (search !== "" && !found.complete);
  const lacking = needsAll && (looking || buffer.lacks(1, buffer.count));
  useNextFrame(looking);
  const finder = useMemo(() => finderOf(search), [search]);
  const starts = useMemo(
    () => new Map((run.attempts ?? []).map(({ attempt, startedAt }) => [attempt, Date.parse(startedAt)])),
    [run.attempts],
  );
  return (
    <section className={css["log"]} aria-label="Log" ref={section}>
      <LogBar
        run={run}
        store={store}
        rows={rows}
        picked={picked}
        filter={filter}
        onFilter={setFilter}
        search={search}
        onSearch={(text) => {
          finds.reset();
          setSearch(text);
        }}
        finds={finds}
        lacking={lacking}
        stamp={stamp}
        onStamp={setStamp}
        wrap={wrap}
        onWrap={setWrap}
        following={following}
        onFollow={setFollowing}
      />
      <LogLines
        buffer={buffer}
        rows={rows}
        rowsKey={`${filter.level} ${filter.attempt}`}
        wrap={wrap}
        stampOf={(time, attempt) => stampOf(time, stamp, starts.get(attempt) ?? null, zone)}
        finder={finder}
        current={finds.current}
        picked={picked}
        following={following}
        onFollow={setFollowing}
        onPick={pick}
        onShown={(from, to) => {
          shown.current = { from, to };
          store.want(from, to);
        }}
        goTo={goTo}
      />
      <LogFoot run={run} store={store} shown={rows.count} lacking={lacking} />
    </section>
  );
}

/** The lines that the address names: picked here, or come to by a link. */
function usePicked() {
  const [fragment, setFragment] = useFragment();
  const picked = useMemo(() => rangeOf(fragment), [fragment]);
  const before = useRef(picked);
  before.current = picked;
  /** What was picked by hand is in sight already. */
  const own = useRef<string>(undefined);
  const section = useRef<HTMLElement>(null);
  const [goTo, setGoTo] = useState<{ seq: number } | undefined>(undefined);
  const [following, setFollowing] = useState(picked === undefined);
  const pick = useCallback(
    (seq: number, reach: boolean) => {
      own.current = fragmentOf(rangeAfterClick(before.current, seq, reach)).slice(1);
      setFollowing(false);
      setFragment(own.current);
    },
    [setFragment],
  );
  useEffect(() => {
    if (own.current === fragment) return;
    own.current = undefined;
    if (!picked) return;
    setFollowing(false);
    setGoTo({ seq: picked.from });
    section.current?.scrollIntoView({ block: "nearest" });
  }, [fragment, picked]);
  return { picked, pick, goTo, setGoTo, following, setFollowing, section };
}

/** Draws again in the next frame, as long as there is more to do. */
function useNextFrame(more: boolean): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!more) return;
    const frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  });
}

/** The lines of the run, kept up as long as the page shows them. */
function useLog(run: Run, live: boolean): LogStore {
  const [store] = useState(() => new LogStore(restLog(run.id), (act) => void requestAnimationFrame(act)));
  const open = isOpen(run.state);
  const lines = run.log.removedAt === null ? run.log.lines : 0;
  useEffect(() => {
    // While they are followed the stream itself says how many there are.
    if (store.status.live === "off") store.grow(lines);
    if (open && live) store.follow();
    else if (!live) store.unfollow();
  }, [store, open, live, lines]);
  useEffect(() => () => store.stop(), [store]);
  return store;
}
