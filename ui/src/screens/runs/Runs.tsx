// All runs, by a filter that lies in the address, so that what one sees can be sent to somebody.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { List, Run } from "../../api/contract.ts";
import { listOfRuns } from "../../api/first-reads.ts";
import { reading } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { DataTable } from "../../parts/DataTable.tsx";
import { Notice, Screen } from "../../parts/Layout.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { useFields } from "../../shell/hooks.ts";
import { filterOf } from "../../words/filters.ts";
import { toSearch } from "../../words/search.ts";
import { counted } from "../../words/time.ts";
import { RUN_COLUMNS } from "./columns.tsx";
import { downloadCsv } from "./csv.ts";
import { Filters } from "./Filters.tsx";
import { Saved } from "./Saved.tsx";

export function Runs() {
  const [fields, change] = useFields();
  const filter = filterOf(fields);
  const runs = useQuery(reading<List<Run>>(...listOfRuns(fields)));
  const csv = useMutation({ mutationFn: () => downloadCsv(filter) });
  return (
    <Screen
      title="Runs"
      actions={
        <>
          <CopyButton text={() => location.href}>Copy address</CopyButton>
          <Button onClick={() => csv.mutate()} disabled={csv.isPending}>
            {csv.isPending ? "Making CSV …" : "Download CSV"}
          </Button>
        </>
      }
    >
      {csv.error && <Notice tone="bad">{csv.error.message}</Notice>}
      {csv.data?.more && (
        <Notice tone="warn">
          The file has the newest {counted(csv.data.rows, "run")}; GET /runs with Accept: text/csv has them
          all.
        </Notice>
      )}
      <Filters fields={fields} isShown={runs.isSuccess} change={change} />
      <Saved fields={fields} />
      <Loaded read={runs} what="Loading the runs">
        {({ data, page }) =>
          data.length === 0 && !page.hasMore ? (
            <None filtered={Object.keys(filter).length > 0} />
          ) : (
            <div>
              <DataTable
                key={toSearch({ ...filter, cursor: fields["cursor"] })}
                label="Runs"
                columns={RUN_COLUMNS}
                rows={data}
                keyOf={(run) => run.id}
                noun="run"
              />
              <Pager page={page} shown={data.length} noun="run" />
            </div>
          )
        }
      </Loaded>
    </Screen>
  );
}

function None({ filtered }: { filtered: boolean }) {
  if (!filtered) {
    return (
      <EmptyState title="Nothing has run yet.">
        <span>
          Start one from a <Link to="/jobs">job</Link>, or let a <Link to="/schedules">schedule</Link> do it.
        </span>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No run fits this filter.">
      <Link to="/runs">Show all runs</Link>
    </EmptyState>
  );
}
