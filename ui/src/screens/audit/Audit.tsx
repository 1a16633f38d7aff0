// Who changed what, and what was refused to whom.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { AuditEvent, List } from "../../api/contract.ts";
import { listOfEvents } from "../../api/first-reads.ts";
import { reading } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Dialog } from "../../parts/Dialog.tsx";
import { Facts, Muted, Screen } from "../../parts/Layout.tsx";
import { NoPermission } from "../../parts/NoPermission.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { Time } from "../../parts/Time.tsx";
import { useEvery, useFields, useMay } from "../../shell/hooks.ts";
import { inLabels, whoIs } from "../../words/places.ts";
import { toSearch } from "../../words/search.ts";
import type { Look } from "../../words/states.ts";
import css from "../runs/runs.module.css";

const OUTCOMES: Readonly<Record<AuditEvent["outcome"], Look>> = {
  done: { word: "done", icon: "check", tone: "good" },
  refused: { word: "refused", icon: "cross", tone: "bad" },
  failed: { word: "failed", icon: "warn", tone: "bad" },
  begun: { word: "begun", icon: "clock", tone: "warn" },
};
const SPANS = [
  ["24h", "last 24 hours"],
  ["7d", "last 7 days"],
  ["30d", "last 30 days"],
] as const;

export function Audit() {
  if (!useMay("admin")) return <NoPermission title="Audit" needs="admin" />;
  return <Events />;
}

/** People by their names, as everywhere on the page. */
const named = (key: string, value: unknown): unknown =>
  typeof value !== "string" ? value : key === "by" ? whoIs(value) : key === "cause" ? inLabels(value) : value;

function Events() {
  const [fields, change] = useFields();
  const { actor, action, target, outcome, since, cursor } = fields;
  const filter = { actor, action, target, outcome, since };
  const events = useQuery({
    ...reading<List<AuditEvent>>(...listOfEvents(fields)),
    // Refusals are told to nobody.
    refetchInterval: useEvery(5_000),
  });
  const [shown, setShown] = useState<AuditEvent | null>(null);
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const text = (name: string) => String(given.get(name) ?? "").trim() || undefined;
    change({ actor: text("actor"), action: text("action"), target: text("target") });
  };
  const columns: readonly Column<AuditEvent>[] = [
    { id: "at", head: "At", place: "main", cell: (one) => <Time at={one.at} /> },
    { id: "outcome", head: "Outcome", place: "corner", cell: (one) => <Badge {...OUTCOMES[one.outcome]} /> },
    {
      id: "who",
      head: "Who",
      cell: (one) =>
        one.actor === null ? <Muted>nobody known</Muted> : `${one.actor.name} (${one.actor.role})`,
    },
    {
      id: "what",
      head: "Did",
      cell: (one) => (
        <>
          <code>{one.action}</code>
          {one.code !== null && <Muted> {one.code}</Muted>}
          {one.repeats > 0 && <Muted> and {one.repeats} more</Muted>}
        </>
      ),
    },
    { id: "target", head: "To", cell: (one) => one.target && <code>{one.target}</code> },
    {
      id: "more",
      head: "",
      cell: (one) => (
        <Button onClick={() => setShown(one)}>
          Detail<span hidden> of {one.id}</span>
        </Button>
      ),
    },
  ];
  const text = (name: string, label: string, value: string | undefined, mark?: string) => (
    <label>
      {label}
      <input
        name={name}
        type="search"
        key={value ?? ""}
        defaultValue={value ?? ""}
        maxLength={200}
        data-key={mark}
      />
    </label>
  );
  return (
    <Screen title="Audit" about="Every change and every refusal, newest first. Secrets are never in it.">
      <form className={css["filters"]} role="search" aria-label="Filter the audit log" onSubmit={search}>
        {text("actor", "Token", actor, "/")}
        {text("action", "Action", action)}
        {text("target", "Done to", target)}
        <label>
          Outcome
          <select
            data-key="f"
            value={outcome ?? ""}
            onChange={(event) => change({ outcome: event.target.value })}
          >
            <option value="">any</option>
            {Object.keys(OUTCOMES).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          When
          <select value={since ?? ""} onChange={(event) => change({ since: event.target.value })}>
            <option value="">at any time</option>
            {SPANS.map(([span, name]) => (
              <option key={span} value={span}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Button type="submit">Search</Button>
      </form>
      <Loaded read={events} what="Loading the audit log">
        {({ data, page }) =>
          data.length === 0 ? (
            Object.values(filter).some(Boolean) ? (
              <EmptyState title="Nothing fits this filter.">
                <Link to="/audit">Show everything</Link>
              </EmptyState>
            ) : (
              <EmptyState title="Nothing was changed or refused yet." />
            )
          ) : (
            <div>
              <DataTable
                key={toSearch({ ...filter, cursor })}
                label="Audit log"
                columns={columns}
                rows={data}
                keyOf={({ id }) => id}
                noun="event"
              />
              <Pager page={page} shown={data.length} noun="event" />
            </div>
          )
        }
      </Loaded>
      {shown && (
        <Dialog title={shown.action} wide onClose={() => setShown(null)}>
          <Facts
            of={[
              ["At", <Time key="at" at={shown.at} as="both" />],
              ["Who", shown.actor === null ? "nobody known" : `${shown.actor.name} (${shown.actor.role})`],
              ["From", shown.address ?? "the machine itself"],
              shown.target !== null && ["Done to", <code key="to">{shown.target}</code>],
              shown.source !== null && ["Source", shown.source],
              ["Answered", `${shown.status ?? "nothing yet"}${shown.code === null ? "" : ` ${shown.code}`}`],
              ["Request", <code key="request">{shown.requestId}</code>],
            ]}
          />
          {shown.detail !== null && <pre tabIndex={0}>{JSON.stringify(shown.detail, named, 2)}</pre>}
        </Dialog>
      )}
    </Screen>
  );
}
