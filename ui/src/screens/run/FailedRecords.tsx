// The records that a run refused, each with key and reason; and the run that does only them again.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { addressFor, get } from "../../api/client.ts";
import type { FailedRecord, FailedRecordList, Run } from "../../api/contract.ts";
import { downloadPages } from "../../log/download.ts";
import { Button } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Muted, Section } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { counted, numberText } from "../../words/time.ts";

const PAGE = 100;

const COLUMNS: readonly Column<FailedRecord>[] = [
  {
    id: "key",
    head: "Key",
    place: "main",
    cell: ({ key }) => (key === null ? <Muted>no key</Muted> : <code>{key}</code>),
  },
  { id: "reason", head: "Reason", cell: ({ reason }) => reason ?? <Muted>none given</Muted> },
];

export function FailedRecords({ run }: { run: Run }) {
  if (run.records.failed === 0) return null;
  return <List run={run} />;
}

function List({ run }: { run: Run }) {
  const path = `/runs/${encodeURIComponent(run.id)}/failed-records`;
  const read = useInfiniteQuery({
    queryKey: ["runs", path],
    queryFn: ({ pageParam, signal }) =>
      get<FailedRecordList>(path, { after: pageParam, limit: PAGE }, signal),
    initialPageParam: "0",
    getNextPageParam: ({ page }) => page.next,
  });
  // While it runs they become more: what is shown stays, and where the end is shown it moves on.
  const { refetch, isPending, hasNextPage } = read;
  const seen = useRef(run.records.failed);
  useEffect(() => {
    if (seen.current === run.records.failed || isPending || hasNextPage) return;
    seen.current = run.records.failed;
    void refetch({ cancelRefetch: false });
  }, [run.records.failed, refetch, isPending, hasNextPage]);
  return (
    <div id="failed-records">
      <Section title="Failed records" aside={<Download path={path} name={`${run.id}-failed.csv`} />}>
        <Loaded read={read} what="Loading the failed records">
          {({ pages }) => {
            const rows = pages.flatMap(({ data }) => data);
            const notKept = pages.at(-1)?.records.notKept ?? 0;
            return (
              <>
                <DataTable
                  label="Failed records"
                  noun="record"
                  columns={COLUMNS}
                  rows={rows}
                  keyOf={({ seq }) => String(seq)}
                />
                <p>
                  {counted(rows.length, "record")} of {numberText(run.records.failed)} shown
                  {notKept > 0 && `; ${numberText(notKept)} were counted and not kept`}{" "}
                  {read.hasNextPage && (
                    <Button disabled={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
                      Show more
                    </Button>
                  )}
                </p>
              </>
            );
          }}
        </Loaded>
      </Section>
    </div>
  );
}

/** All of them, however many pages that is. */
function Download({ path, name }: { path: string; name: string }) {
  const [said, setSaid] = useState("");
  const download = () => {
    setSaid("Fetching them …");
    downloadPages(addressFor(path, { limit: 5_000 }), name, "text/csv").then(
      () => setSaid(""),
      (error: unknown) =>
        setSaid(`They could not be fetched: ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  return (
    <span>
      <span role="status">{said}</span> <Button onClick={download}>Download all as CSV</Button>
    </span>
  );
}
