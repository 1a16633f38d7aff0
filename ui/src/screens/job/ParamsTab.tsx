// What a job takes, as it declares it, and the rules by which it runs.
import { useState } from "react";
import type { Job } from "../../api/contract.ts";
import { Button } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Facts, Muted, Panel, Section } from "../../parts/Layout.tsx";
import { EmptyState } from "../../parts/States.tsx";
import { Duration } from "../../parts/Time.tsx";
import { useMay } from "../../shell/hooks.ts";
import { declaredParams, type DeclaredParam } from "../../words/params.ts";
import { bytesText, durationText } from "../../words/time.ts";
import { OverridesDialog } from "./OverridesDialog.tsx";

const COLUMNS: readonly Column<DeclaredParam>[] = [
  {
    id: "name",
    head: "Param",
    place: "main",
    cell: (param) => (
      <>
        {param.label === param.name ? (
          <code>{param.name}</code>
        ) : (
          <>
            {param.label}
            <br />
            <Muted>
              <code>{param.name}</code>
            </Muted>
          </>
        )}
      </>
    ),
  },
  {
    id: "needed",
    head: "Needed",
    place: "corner",
    cell: (param) => (param.required ? "required" : "optional"),
  },
  { id: "type", head: "Type", cell: (param) => param.type },
  {
    id: "default",
    head: "Default",
    cell: (param) => (param.fallback === null ? null : <code>{param.fallback}</code>),
  },
  { id: "rules", head: "Rules", cell: (param) => param.rules.join(", ") || null },
  { id: "about", head: "What it is", cell: (param) => param.description },
];

export function ParamsTab({ job, etag }: { job: Job; etag: string | null }) {
  const mayEdit = useMay("editor");
  const [open, setOpen] = useState(false);
  const params = declaredParams(job);
  const { retries, overrides } = job;
  const set = (name: keyof Job["overrides"]) =>
    overrides[name] === undefined ? null : <Muted> (set by an admin)</Muted>;
  return (
    <>
      <Section title="Params">
        {params.length === 0 ? (
          <EmptyState title="It takes no params." />
        ) : (
          <DataTable
            label="Params"
            columns={COLUMNS}
            rows={params}
            keyOf={(param) => param.name}
            noun="param"
            moves={false}
          />
        )}
        {job.paramGroups.map((group, index) => (
          <p key={index}>
            {group.message ??
              `Of ${group.params.join(", ")}: at least ${group.min ?? 0}, at most ${group.max ?? group.params.length}.`}
          </p>
        ))}
      </Section>
      <Section
        title="Rules of its runs"
        aside={mayEdit && <Button onClick={() => setOpen(true)}>Change the rules</Button>}
      >
        <Panel>
          <Facts
            of={[
              [
                "Ends after",
                <span key="t">
                  <Duration ms={job.timeoutMs} />
                  {set("timeoutMs")}
                </span>,
              ],
              retries && [
                "Tries",
                <span key="r">
                  {retries.attempts === 1
                    ? "one, no retry"
                    : `${retries.attempts} in all, the first retry after ${durationText(retries.backoffMs)}`}
                  {set("retries")}
                </span>,
              ],
              [
                "A fire while one runs",
                <span key="o">
                  {job.overlap}
                  {set("overlap")}
                </span>,
              ],
              [
                "At a time",
                <span key="c">
                  {job.concurrency ?? "no limit of its own"}
                  {set("concurrency")}
                </span>,
              ],
              job.maxFailedShare !== null && [
                "Failed records",
                <span key="m">
                  fails above {Math.round(job.maxFailedShare * 100)} %{set("maxFailedShare")}
                </span>,
              ],
              [
                "Process",
                job.isolation === "fresh" ? "a new one for each attempt" : "used again while it is clean",
              ],
              job.memoryBytes !== null && ["Memory", bytesText(job.memoryBytes)],
              job.tags.length > 0 && ["Tags", job.tags.join(", ")],
              job.notes !== null && ["Notes", job.notes],
            ]}
          />
        </Panel>
      </Section>
      {open && <OverridesDialog job={job} etag={etag ?? "*"} onClose={() => setOpen(false)} />}
    </>
  );
}
