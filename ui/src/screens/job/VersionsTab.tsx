// The versions that a job had: which one serves, what changed, and keeping or going back to one.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { newKey, send } from "../../api/client.ts";
import type { Job, List, VersionBrief, VersionDiff } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Confirm } from "../../parts/Confirm.tsx";
import { Muted, Section } from "../../parts/Layout.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { Time } from "../../parts/Time.tsx";
import { useFields, useLiveUpdates, useMay } from "../../shell/hooks.ts";
import { jobAddress, shortHash } from "../../words/address.ts";
import { bytesText, counted } from "../../words/time.ts";
import { Code } from "./CodeTab.tsx";
import { Diff } from "./Diff.tsx";
import css from "./job.module.css";

export function VersionsTab({ job }: { job: Job }) {
  const [fields, change] = useFields();
  const path = `/jobs/${encodeURIComponent(jobAddress(job))}/versions`;
  const versions = useQuery(reading<List<VersionBrief>>(path, { cursor: fields["cursor"] }));
  const mayPin = useMay("editor");
  const [asked, setAsked] = useState<VersionBrief | null>(null);
  const { from, to, version } = fields;
  /** What the others are compared with: the version whose code is shown, else the one that serves. */
  const against = version ?? job.version?.hash;
  const data = versions.data?.data ?? [];
  const columns: readonly Column<VersionBrief>[] = [
    {
      id: "hash",
      head: "Version",
      place: "main",
      cell: (one) => (
        <>
          <code title={one.hash}>{shortHash(one.hash)}</code>{" "}
          {one.declared !== null && <Muted>{one.declared}</Muted>}
        </>
      ),
    },
    {
      id: "state",
      head: "State",
      place: "corner",
      cell: (one) => (
        <>
          {one.serves && <Badge word="serves" icon="check" tone="good" />}
          {one.pinned && <Badge word="pinned" icon="pin" tone="calm" />}
          {one.hash === version && <Badge word="shown above" icon="play" tone="busy" />}
        </>
      ),
    },
    { id: "loaded", head: "Loaded", cell: (one) => <Time at={one.loadedAt} /> },
    {
      id: "params",
      head: "Params since the one before",
      cell: (one) =>
        one.paramChanges === null ? (
          <Muted>none before it</Muted>
        ) : one.paramChanges.length === 0 ? (
          <Muted>as before</Muted>
        ) : (
          one.paramChanges.map((param) => `${param.name ?? "groups"} ${param.change}`).join(", ")
        ),
    },
    {
      id: "size",
      head: "Files",
      wideOnly: true,
      cell: (one) => `${counted(one.files, "file")}, ${bytesText(one.bytes)}`,
    },
    {
      id: "commit",
      head: "Checkout at",
      wideOnly: true,
      cell: (one) => one.revision && <code>{shortHash(one.revision)}</code>,
    },
    {
      id: "acts",
      head: "",
      cell: (one) => (
        <span className={css["row"]}>
          {one.hash !== version && (
            <Button
              onClick={() => change({ version: one.hash, file: undefined, from: undefined, to: undefined })}
            >
              Code<span className={css["hidden"]}> of {shortHash(one.hash)}</span>
            </Button>
          )}
          {against !== undefined && against !== one.hash && (
            <Button onClick={() => change(compared(one, against, data))}>
              Compare
              <span className={css["hidden"]}>
                {` ${shortHash(one.hash)} with ${version === undefined ? "what serves" : shortHash(version)}`}
              </span>
            </Button>
          )}
          {mayPin && !(one.serves && job.pinned) && (
            <Button onClick={() => setAsked(one)}>{one.serves ? "Pin" : "Go back to it"}</Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      {from && to && (
        <Comparison
          path={path}
          from={from}
          to={to}
          onClose={() => change({ from: undefined, to: undefined })}
        />
      )}
      {version && (
        <Code
          key={version}
          job={job}
          hash={version}
          aside={
            <Button onClick={() => change({ version: undefined, file: undefined })}>Close the code</Button>
          }
        />
      )}
      <Loaded read={versions} what="Loading the versions">
        {({ page }) =>
          data.length === 0 ? (
            <EmptyState title="No version of it ever loaded.">
              <span>Its load error says what to mend first.</span>
            </EmptyState>
          ) : (
            <div>
              <DataTable
                label="Versions"
                columns={columns}
                rows={data}
                keyOf={(one) => one.hash}
                noun="version"
              />
              <Pager page={page} shown={data.length} noun="version" />
            </div>
          )
        }
      </Loaded>
      {asked && <PinDialog job={job} version={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

/** From the older of the two to the newer one, as far as the list knows which is which. */
function compared(
  one: VersionBrief,
  against: string,
  listed: readonly VersionBrief[],
): Record<string, string> {
  const other = listed.find(({ hash }) => hash === against);
  const isNewer = other !== undefined && !other.serves && one.loadedAt > other.loadedAt;
  return isNewer ? { from: against, to: one.hash } : { from: one.hash, to: against };
}

function Comparison({
  path,
  from,
  to,
  onClose,
}: {
  path: string;
  from: string;
  to: string;
  onClose(): void;
}) {
  const diff = useQuery(reading<VersionDiff>(`${path}/${from}/diff/${to}`));
  return (
    <Section
      title={`From ${shortHash(from)} to ${shortHash(to)}`}
      aside={<Button onClick={onClose}>Close the comparison</Button>}
    >
      <Loaded read={diff} what="Comparing">
        {(found) => <Diff diff={found} />}
      </Loaded>
    </Section>
  );
}

function PinDialog({ job, version, onClose }: { job: Job; version: VersionBrief; onClose(): void }) {
  const live = useLiveUpdates();
  const [key] = useState(newKey);
  const pin = useMutation({
    mutationFn: () =>
      send("POST", `/jobs/${encodeURIComponent(jobAddress(job))}/pin`, {
        body: { version: version.hash },
        idempotencyKey: key,
      }),
    onSuccess() {
      live.refresh();
      onClose();
    },
  });
  return (
    <Confirm
      title={version.serves ? "Pin this version" : "Go back to this version"}
      does={version.serves ? "Pin it" : "Go back and pin"}
      act={pin}
      onClose={onClose}
    >
      <p>
        New runs of <strong>{job.name}</strong> will use <code>{shortHash(version.hash)}</code>, loaded{" "}
        <Time at={version.loadedAt} />, whatever its folder holds, until somebody unpins it. Runs that go on
        now end with the version that they began with.
      </p>
    </Confirm>
  );
}
