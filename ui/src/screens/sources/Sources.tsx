// The mounted folders: whether they are there, how changes of them are seen, and what in them does not load.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode, useState } from "react";
import { newKey, send } from "../../api/client.ts";
import type { FailedLoad, List, Source } from "../../api/contract.ts";
import { listOfSources } from "../../api/first-reads.ts";
import { reading } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Muted, Panel, Screen, Section, Tabs } from "../../parts/Layout.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { PauseForm } from "../../form/PauseForm.tsx";
import { EmptyState, ErrorState, Loaded } from "../../parts/States.tsx";
import { Badge, LoadBadge } from "../../parts/Status.tsx";
import { Duration, Time } from "../../parts/Time.tsx";
import { useFields, useLiveUpdates, useMay } from "../../shell/hooks.ts";
import { addressOfJob } from "../../words/address.ts";
import { LoadProblem } from "../job/LoadProblem.tsx";
import css from "./sources.module.css";

const TABS = [
  ["folders", "Folders"],
  ["errors", "Load errors"],
] as const;

const WATCHERS: Readonly<Record<Source["watcher"], string>> = {
  events: "at once, by events of the file system",
  poll: "by looking now and then: this mount tells of no events",
  off: "not by itself: scan it by hand",
};

const COLUMNS: readonly Column<Source>[] = [
  {
    id: "name",
    head: "Source",
    place: "main",
    cell: (source) => (
      <>
        <Link to="/jobs" search={{ source: source.name } as never}>
          {source.name}
        </Link>
        {source.path && (
          <>
            <br />
            <code className={css["path"]}>{inParts(source.path)}</code>
          </>
        )}
      </>
    ),
  },
  {
    id: "state",
    head: "State",
    place: "corner",
    cell: (source) => (
      <>
        {source.state === "available" ? (
          <Badge word="available" icon="check" tone="good" />
        ) : (
          <Badge word="unavailable" icon="cross" tone="bad" />
        )}
        {source.paused && (
          <Badge word="paused" icon="pause" tone="warn" title={source.paused.reason ?? undefined} />
        )}
        {source.detail !== null && (
          <div>
            <Muted>{source.detail}; its last good versions serve on</Muted>
          </div>
        )}
      </>
    ),
  },
  { id: "watch", head: "Changes are seen", cell: (source) => WATCHERS[source.watcher] },
  {
    id: "last",
    head: "Last change",
    cell: (source) => <Time at={source.lastChangeAt} as="both" none="none yet" />,
  },
  { id: "lag", head: "Served after", end: true, cell: (source) => <Duration ms={source.lagMs} /> },
  { id: "acts", head: "", cell: (source) => <Actions source={source} /> },
];

export function Sources() {
  const [fields] = useFields();
  return (
    <Screen title="Sources" about="The mounted folders. Every folder in them with a job.ts is a job.">
      <Tabs tabs={TABS} label="Parts of the sources" />
      {fields["tab"] === "errors" ? <LoadErrors /> : <Folders />}
    </Screen>
  );
}

/** Breaks between the names of a path, not inside of one. */
function inParts(path: string): ReactNode {
  return path.split(/(?<=[/])/).map((part, index) => (
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function Folders() {
  const [fields] = useFields();
  const sources = useQuery(reading<List<Source>>(...listOfSources(fields)));
  return (
    <Loaded read={sources} what="Loading the sources">
      {({ data, page }) =>
        page.count === 0 ? (
          <EmptyState title="No source is mounted that you may see.">
            <span>
              <code>EXTERNAL_TASKS_PATH</code> names the folders, as one path or as{" "}
              <code>name=path,name=path</code>.
            </span>
          </EmptyState>
        ) : (
          <div>
            <DataTable
              key={fields["cursor"]}
              label="Sources"
              columns={COLUMNS}
              rows={data}
              keyOf={({ name }) => name}
              noun="source"
            />
            <Pager page={page} shown={data.length} noun="source" first="First page" />
          </div>
        )
      }
    </Loaded>
  );
}

function Actions({ source }: { source: Source }) {
  const operator = useMay("operator");
  const live = useLiveUpdates();
  const [pausing, setPausing] = useState(false);
  const path = `/sources/${encodeURIComponent(source.name)}`;
  const act = useMutation({
    mutationFn: (what: "rescan" | "resume") =>
      send("POST", `${path}/${what}`, { body: what === "resume" ? {} : undefined, idempotencyKey: newKey() }),
    onSettled: () => live.refresh(),
  });
  if (!operator) return null;
  return (
    <div className={css["acts"]}>
      <Button disabled={act.isPending} onClick={() => act.mutate("rescan")}>
        {act.isPending && act.variables === "rescan" ? "Scanning …" : "Scan now"}
      </Button>
      {source.paused === null ? (
        <Button onClick={() => setPausing(true)}>Pause</Button>
      ) : (
        <Button disabled={act.isPending} onClick={() => act.mutate("resume")}>
          Resume
        </Button>
      )}
      {act.error && <ErrorState error={act.error} />}
      {pausing && (
        <PauseForm what={`the source ${source.name}`} path={path} onClose={() => setPausing(false)} />
      )}
    </div>
  );
}

function LoadErrors() {
  const [{ cursor }] = useFields();
  const errors = useQuery(reading<List<FailedLoad>>("/load-errors", { cursor, count: true }));
  return (
    <Loaded read={errors} what="Loading the load errors">
      {({ data, page }) =>
        page.count === 0 ? (
          <EmptyState title="Everything loads.">
            <span>
              A <code>job.ts</code> that does not load is shown here with its line, while its last good
              version serves on.
            </span>
          </EmptyState>
        ) : (
          <>
            {data.map((error) => (
              <Section
                key={`${error.source} ${error.job}`}
                title={error.job}
                aside={
                  <>
                    <LoadBadge state={error.loadState} /> <Muted>{error.source}</Muted>{" "}
                    {error.loadState !== "invalid" && (
                      <Link to="/jobs/$address" params={{ address: addressOfJob(error) }}>
                        its page
                      </Link>
                    )}
                  </>
                }
              >
                <Panel>
                  <LoadProblem error={error} />
                </Panel>
              </Section>
            ))}
            <Pager page={page} shown={data.length} noun="load error" first="First page" />
          </>
        )
      }
    </Loaded>
  );
}
