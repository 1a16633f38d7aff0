// Runs for instants of the past that have not run: counted first, then made.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, send } from "../../api/client.ts";
import type { Backfill } from "../../api/contract.ts";
import { useRequestKey } from "../../api/request-key.ts";
import { InstantInput } from "../../form/InstantInput.tsx";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Field } from "../../parts/Field.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { Time } from "../../parts/Time.tsx";
import { counted } from "../../words/time.ts";
import type { ControlProps } from "./control-props.ts";
import css from "./schedule.module.css";

const ONLY = [
  ["not_run", "instants that have not run"],
  ["not_succeeded", "instants without a success"],
  ["all", "all of them, once more"],
] as const;

export function BackfillDialog({ schedule, onClose }: ControlProps) {
  const [range, setRange] = useState(() => lastDay());
  const [only, setOnly] = useState("not_run");
  const [max, setMax] = useState("100");
  const [key, refused] = useRequestKey();
  const navigate = useNavigate();
  const client = useQueryClient();
  const path = `/schedules/${encodeURIComponent(schedule.id)}/backfill`;
  const body = { from: range.from, to: range.to, only, max: Number(max) };
  const count = useMutation({
    mutationFn: () => send<Backfill>("POST", path, { body: { ...body, dryRun: true } }),
  });
  const make = useMutation({
    mutationFn: () => send<Backfill>("POST", path, { body, idempotencyKey: key }),
    onSuccess: ({ data }) => {
      void client.invalidateQueries({ queryKey: ["runs"] });
      onClose();
      if (data.batch !== null) void navigate({ to: "/runs", search: { batch: data.batch } as never });
    },
    onError: refused,
  });
  // What was counted was counted of another range.
  const changed = (act: () => void) => {
    act();
    count.reset();
    make.reset();
  };
  const error = make.error ?? count.error;
  const wrong = (name: string) =>
    error instanceof ApiError
      ? (error.fields.find(({ pointer }) => pointer === `/${name}`)?.message ?? null)
      : null;
  const placed = ["from", "to", "max", "only"].some((name) => wrong(name) !== null);
  const counts = count.data?.data;
  return (
    <Dialog title="Backfill" onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (counts) make.mutate();
          else count.mutate();
        }}
      >
        <p>
          One run for each due instant of a past range, on the schedule's own clock. Each is told which
          instant it stands for.
        </p>
        <Field label="From" wrong={wrong("from")}>
          {(attributes) => (
            <InstantInput
              {...attributes}
              zone={schedule.timeZone}
              value={range.from}
              onChange={(from) => changed(() => setRange({ ...range, from }))}
            />
          )}
        </Field>
        <Field label="To" wrong={wrong("to")}>
          {(attributes) => (
            <InstantInput
              {...attributes}
              zone={schedule.timeZone}
              value={range.to}
              onChange={(to) => changed(() => setRange({ ...range, to }))}
            />
          )}
        </Field>
        <Field label="Which" wrong={wrong("only")}>
          {(attributes) => (
            <select
              {...attributes}
              value={only}
              onChange={(event) => changed(() => setOnly(event.target.value))}
            >
              {ONLY.map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="At most" hint="1 to 1000 runs" wrong={wrong("max")}>
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={1}
              max={1_000}
              value={max}
              onChange={(event) => changed(() => setMax(event.target.value))}
            />
          )}
        </Field>
        {counts && <Counted counts={counts} zone={schedule.timeZone} />}
        {error && !placed && <ErrorState error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          {counts ? (
            <Button kind="primary" type="submit" disabled={make.isPending || counts.runs === 0}>
              Make {counted(counts.runs, "run")}
            </Button>
          ) : (
            <Button kind="primary" type="submit" disabled={count.isPending}>
              Count them
            </Button>
          )}
        </DialogActions>
      </form>
    </Dialog>
  );
}

function Counted({ counts, zone }: { counts: Backfill; zone: string }) {
  return (
    <div role="status">
      <strong>
        {counts.runs === 0
          ? "Nothing is to run in this range"
          : `${counted(counts.runs, "run")} would be made`}
      </strong>
      {(counts.leftOut ?? 0) > 0 && `; ${counted(counts.leftOut ?? 0, "instant")} ran already`}
      <ul className={css["list"]}>
        {(counts.fires ?? []).slice(0, 5).map((at) => (
          <li key={at}>
            <Time at={at} zone={zone} />
          </li>
        ))}
        {counts.runs > 5 && <li>and so on</li>}
      </ul>
    </div>
  );
}

/** Whole minutes: seconds of now would stand in the field. */
function lastDay(): { from: string; to: string } {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const text = (at: number) => new Date(at).toISOString().replace(".000Z", "Z");
  return { from: text(now - 86_400_000), to: text(now) };
}
