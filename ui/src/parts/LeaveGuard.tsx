// Asks before somebody leaves a form that they have changed: by a link, a key, the way back, or by closing the tab.
import { useBlocker } from "@tanstack/react-router";
import { Button } from "./Button.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";

export function LeaveGuard({ changed }: { changed: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && current.pathname !== next.pathname,
    enableBeforeUnload: () => changed,
    withResolver: true,
  });
  if (status !== "blocked") return null;
  return (
    <Dialog title="Leave without saving?" onClose={reset}>
      <p>What you have changed here is not saved.</p>
      <DialogActions>
        <Button onClick={reset}>Stay here</Button>
        <Button kind="danger" onClick={proceed}>
          Leave, and lose it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
