// Makes a token; its secret is shown once, for copying.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, newKey, send } from "../../api/client.ts";
import type { IssuedToken, Role, Source } from "../../api/contract.ts";
import { readingAll } from "../../api/queries.ts";
import { Button } from "../../parts/Button.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Field } from "../../parts/Field.tsx";
import { Notice } from "../../parts/Layout.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { useLiveUpdates } from "../../shell/hooks.ts";

const ROLES: readonly (readonly [Role, string])[] = [
  ["viewer", "viewer: looks"],
  ["operator", "operator: starts, cancels, retries and pauses too"],
  ["editor", "editor: schedules and settings of jobs too"],
  ["admin", "admin: tokens and sources too"],
];
const DAY = 86_400_000;
const SPANS = [
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
  ["", "never"],
] as const;

export function NewToken({ onClose }: { onClose(): void }) {
  const live = useLiveUpdates();
  const sources = useQuery(readingAll<Source>("/sources"));
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [source, setSource] = useState("");
  const [days, setDays] = useState("90");
  const [key, setKey] = useState(newKey);
  const make = useMutation({
    mutationFn: () =>
      send<IssuedToken>("POST", "/tokens", {
        body: {
          name: name.trim(),
          role,
          ...(source === "" ? {} : { sources: [source] }),
          ...(days === "" ? {} : { expiresAt: new Date(Date.now() + Number(days) * DAY).toISOString() }),
        },
        idempotencyKey: key,
      }),
    onSettled: () => setKey(newKey()),
    onSuccess: () => live.refresh(),
  });
  const wrong = (pointer: string) =>
    make.error instanceof ApiError
      ? make.error.fields.find((field) => field.pointer === pointer)?.message
      : null;
  const secret = make.data?.data.token;
  if (secret !== undefined) {
    return (
      <Dialog title="The token, shown this once" onClose={onClose}>
        <pre>{secret}</pre>
        <p>
          Send it as <code>Authorization: Bearer …</code>. Who has it may do what its role may; it is kept
          nowhere, so a lost one is replaced, not found.
        </p>
        {make.data?.data.warnings.map(({ message }) => (
          <Notice key={message} tone="warn">
            {message}
          </Notice>
        ))}
        <DialogActions>
          <CopyButton text={secret}>Copy token</CopyButton>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  return (
    <Dialog title="New token" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Field label="Name" hint="A person or a program: the audit log shows it." wrong={wrong("/name")}>
          {(field) => (
            <input
              {...field}
              value={name}
              required
              maxLength={100}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <br />
        <Field label="Role" wrong={wrong("/role")}>
          {(field) => (
            <select {...field} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.map(([one, says]) => (
                <option key={one} value={one}>
                  {says}
                </option>
              ))}
            </select>
          )}
        </Field>
        <br />
        <Field label="Source" wrong={wrong("/sources")}>
          {(field) => (
            <select {...field} value={source} onChange={(event) => setSource(event.target.value)}>
              <option value="">all that you see</option>
              {sources.data?.map((one) => (
                <option key={one.name}>{one.name}</option>
              ))}
            </select>
          )}
        </Field>
        <br />
        <Field label="Expires" wrong={wrong("/expiresAt")}>
          {(field) => (
            <select {...field} value={days} onChange={(event) => setDays(event.target.value)}>
              {SPANS.map(([value, says]) => (
                <option key={value} value={value}>
                  {says}
                </option>
              ))}
            </select>
          )}
        </Field>
        <br />
        {make.error && <ErrorState error={make.error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={make.isPending}>
            Make token
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
