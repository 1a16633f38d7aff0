// Tokens: who may do what, how long, and the end of one at once.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { send } from "../../api/client.ts";
import type { List, Token } from "../../api/contract.ts";
import { reading, useMe } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { Confirm } from "../../parts/Confirm.tsx";
import { type Column, DataTable } from "../../parts/DataTable.tsx";
import { Muted, Screen } from "../../parts/Layout.tsx";
import { Pager } from "../../parts/Pager.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { Time } from "../../parts/Time.tsx";
import { useFields, useLiveUpdates, useMay } from "../../shell/hooks.ts";
import { useNow } from "../../shell/now.ts";
import { toSearch } from "../../words/search.ts";
import css from "../runs/runs.module.css";
import { NoPermission } from "../../parts/NoPermission.tsx";
import { NewToken } from "./NewToken.tsx";

/** Expired ones stay for a while, and each sign-in by a link leaves one: they are not in the way of those that hold. */
const ALL = "all";
const SHOWN = [
  ["valid", "tokens that hold"],
  ["expired", "expired ones"],
  [ALL, "all"],
] as const;

export function Access() {
  if (!useMay("admin")) return <NoPermission title="Access" needs="admin" />;
  return <Tokens />;
}

function Tokens() {
  const me = useMe();
  const now = useNow(60_000);
  const [{ state = "valid", cursor }, change] = useFields();
  const filter = { state: state === ALL ? undefined : state };
  const tokens = useQuery(reading<List<Token>>("/tokens", { ...filter, cursor, count: true }));
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<Token | null>(null);
  const columns: readonly Column<Token>[] = [
    {
      id: "name",
      head: "Token",
      place: "main",
      cell: (token) => (
        <>
          {token.name}
          {token.id === me.id && <Muted> (you)</Muted>}
          <br />
          <Muted>
            <code>{token.prefix}…</code>
          </Muted>
        </>
      ),
    },
    {
      id: "role",
      head: "Role",
      place: "corner",
      cell: (token) => <Badge word={token.role} icon="check" tone="calm" />,
    },
    { id: "sources", head: "Sources", cell: (token) => token.sources?.join(", ") ?? "all" },
    { id: "made", head: "Made", wideOnly: true, cell: (token) => <Time at={token.createdAt} /> },
    { id: "used", head: "Last used", cell: (token) => <Time at={token.lastUsedAt} as="relative" /> },
    {
      id: "expires",
      head: "Expires",
      cell: (token) =>
        token.expiresAt !== null && Date.parse(token.expiresAt) < now ? (
          <Badge word="expired" icon="off" tone="warn" />
        ) : (
          <Time at={token.expiresAt} as="relative" />
        ),
    },
    {
      id: "did",
      head: "What it did",
      cell: (token) => (
        <Link to="/audit" search={{ actor: token.name } as never}>
          audit
        </Link>
      ),
    },
    {
      id: "acts",
      head: "",
      cell: (token) => (
        <Button kind="danger" onClick={() => setEnding(token)} aria-label={`End the token ${token.name}`}>
          End
        </Button>
      ),
    },
  ];
  return (
    <Screen
      title="Access"
      about="A token has one role, and may be limited to sources. Its secret is shown once and never kept."
      actions={
        <Button kind="primary" onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      <form className={css["filters"]} role="search" aria-label="Filter the tokens">
        <label>
          Shown
          <select
            data-key="f"
            value={state}
            onChange={({ target }) => change({ state: target.value === "valid" ? undefined : target.value })}
          >
            {SHOWN.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
        </label>
      </form>
      <Loaded read={tokens} what="Loading the tokens">
        {({ data, page }) =>
          page.count === 0 && state === "expired" ? (
            <EmptyState title="No token has expired in the last 30 days." />
          ) : page.count === 0 ? (
            <EmptyState title="There is no token in the database.">
              <span>
                You came by a token of the configuration. Make one for each person and program, so that the
                audit log tells them apart.
              </span>
            </EmptyState>
          ) : (
            <div>
              <DataTable
                key={toSearch({ state, cursor })}
                label="Tokens"
                columns={columns}
                rows={data}
                keyOf={({ id }) => id}
                noun="token"
              />
              <Pager page={page} shown={data.length} noun="token" first="First page" />
            </div>
          )
        }
      </Loaded>
      {making && <NewToken onClose={() => setMaking(false)} />}
      {ending && <EndToken token={ending} own={ending.id === me.id} onClose={() => setEnding(null)} />}
    </Screen>
  );
}

function EndToken({ token, own, onClose }: { token: Token; own: boolean; onClose(): void }) {
  const live = useLiveUpdates();
  const end = useMutation({
    mutationFn: () => send("DELETE", `/tokens/${token.id}`),
    onSuccess() {
      live.refresh();
      onClose();
    },
  });
  return (
    <Confirm title={`End the token ${token.name}`} does="End it" kind="danger" act={end} onClose={onClose}>
      <p>
        Whatever uses it is refused from its next request on, and browsers that were signed in with it are
        signed out. It cannot be brought back.
      </p>
      {own && <p>It is the token of this very session: you will have to sign in again.</p>}
    </Confirm>
  );
}
