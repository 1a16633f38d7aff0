// Asks before something is done: what it does, how it failed, and the way back.
import type { ReactNode } from "react";
import { Button } from "./Button.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";
import { ErrorState } from "./States.tsx";
import css from "./parts.module.css";

interface ConfirmProps {
  title: string;
  /** What the button says. */
  does: string;
  /** What the other one says. */
  keeps?: string;
  kind?: "primary" | "danger";
  act: { mutate(): void; error: unknown; isPending: boolean };
  onClose(): void;
  children: ReactNode;
}

export function Confirm({
  title,
  does,
  keeps = "Cancel",
  kind = "primary",
  act,
  onClose,
  children,
}: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className={css["form"]}>
        {children}
        {act.error ? <ErrorState error={act.error} /> : null}
        <DialogActions>
          <Button onClick={onClose}>{keeps}</Button>
          <Button kind={kind} disabled={act.isPending} onClick={() => act.mutate()}>
            {does}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}
