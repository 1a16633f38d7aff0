// Skips the next fires of a schedule, or takes that back.
import { useState } from "react";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogActions } from "../../parts/Dialog.tsx";
import { Field } from "../../parts/Field.tsx";
import { ReasonField } from "../../parts/ReasonField.tsx";
import { ErrorState } from "../../parts/States.tsx";
import { Time } from "../../parts/Time.tsx";
import type { ControlProps } from "./control-props.ts";
import { said, useControl } from "./use-control.ts";
import css from "./schedule.module.css";

export function SkipDialog({ schedule, onClose }: ControlProps) {
  const [count, setCount] = useState("1");
  const [reason, setReason] = useState("");
  const skip = useControl(schedule, "skip-next", onClose);
  const asked = schedule.skipNext.length;
  const next = [...schedule.skipNext, ...schedule.nextFires].map(({ at }) => at).toSorted();
  return (
    <Dialog title="Skip the next fires" onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          skip.mutate({ count: Number(count), ...said({ reason }) });
        }}
      >
        <Field label="How many" hint="At most 50; each has a row that says who asked for it">
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={1}
              max={50}
              value={count}
              onChange={(event) => setCount(event.target.value)}
            />
          )}
        </Field>
        <ul className={css["list"]}>
          {next.slice(0, Math.max(0, Math.min(Number(count) || 0, next.length))).map((at) => (
            <li key={at}>
              <Time at={at} zone={schedule.timeZone} />
            </li>
          ))}
          {Number(count) > next.length && <li>and so on</li>}
        </ul>
        <ReasonField value={reason} onChange={setReason} />
        {skip.error && <ErrorState error={skip.error} />}
        <DialogActions>
          {asked > 0 && (
            <Button disabled={skip.isPending} onClick={() => skip.mutate({ count: 0 })}>
              Skip none after all
            </Button>
          )}
          <Button kind="primary" type="submit" disabled={skip.isPending || !(Number(count) >= 1)}>
            Skip
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
