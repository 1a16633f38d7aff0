// Asks why and until when something is paused: whoever finds it at night has to know.
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ApiError, newKey, send } from "../api/client.ts";
import { InstantInput } from "./InstantInput.tsx";
import { useLiveUpdates } from "../shell/hooks.ts";
import { useNow } from "../shell/now.ts";
import { useZone } from "../shell/preferences.ts";
import { Button } from "../parts/Button.tsx";
import { Dialog, DialogActions } from "../parts/Dialog.tsx";
import { Field } from "../parts/Field.tsx";
import { ReasonField } from "../parts/ReasonField.tsx";
import { ErrorState } from "../parts/States.tsx";
import css from "../parts/parts.module.css";

interface PauseFormProps {
  /** What is paused: "everything", "the schedules of …". */
  what: string;
  /** Its address; `/pause` is added. */
  path: string;
  /** A pause of many has to say why. */
  isReasonRequired?: boolean;
  /** What it takes, as far as it has an end. */
  affected?(until: number): ReactNode;
  onClose(): void;
}

const ENDS = [
  ["", "somebody resumes it"],
  ["1h", "in an hour"],
  ["8h", "in 8 hours"],
  ["24h", "in a day"],
  ["168h", "in a week"],
  ["at", "a certain time …"],
] as const;
const HOUR = 3_600_000;

export function PauseForm({ what, path, isReasonRequired = true, affected, onClose }: PauseFormProps) {
  const live = useLiveUpdates();
  const zone = useZone();
  const now = useNow(60_000);
  const [key] = useState(newKey);
  const [reason, setReason] = useState("");
  const [end, setEnd] = useState("");
  const [instant, setInstant] = useState("");
  const until = end === "at" ? instant : end;
  const ends = end === "at" ? Date.parse(instant) : now + Number.parseInt(end, 10) * HOUR;
  const pause = useMutation({
    mutationFn: () => {
      const body = { ...(reason.trim() && { reason: reason.trim() }), ...(until && { until }) };
      return send("POST", `${path}/pause`, { body, idempotencyKey: key });
    },
    onSuccess() {
      live.refresh();
      onClose();
    },
  });
  const wrong = (name: string) =>
    pause.error instanceof ApiError
      ? (pause.error.fields.find(({ pointer }) => pointer === `/${name}`)?.message ?? null)
      : null;
  const placed = wrong("reason") ?? wrong("until");
  return (
    <Dialog title={`Pause ${what}`} onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          pause.mutate();
        }}
      >
        <p>
          Nothing of it fires meanwhile. What was due stays skipped, and one row says so. Runs that wait or
          run go on.
        </p>
        <ReasonField
          hint="Whoever wonders at 02:00 reads it"
          required={isReasonRequired}
          value={reason}
          onChange={setReason}
          wrong={wrong("reason")}
        />
        <Field label="Until" wrong={wrong("until")}>
          {(attributes) => (
            <select {...attributes} value={end} onChange={(event) => setEnd(event.target.value)}>
              {ENDS.map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
          )}
        </Field>
        {end === "at" && (
          <InstantInput aria-label="Until" value={instant} onChange={setInstant} zone={zone} />
        )}
        {!Number.isNaN(ends) && affected?.(ends)}
        {pause.error && placed === null && <ErrorState error={pause.error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={pause.isPending || (end === "at" && instant === "")}>
            Pause
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
