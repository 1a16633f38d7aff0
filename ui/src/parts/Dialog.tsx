// The browser's own dialog: it keeps the focus inside, ends by Escape, and gives the focus back. What somebody has typed into it
// is not thrown away by a key: that is asked first.
import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import { Button } from "./Button.tsx";
import { Icon } from "./Icon.tsx";
import css from "./parts.module.css";

interface DialogProps {
  title: ReactNode;
  onClose(): void;
  wide?: boolean;
  children: ReactNode;
}

/** Open as long as it is drawn. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const isChanged = useRef(false);
  const [isAsking, setAsking] = useState(false);
  useLayoutEffect(() => {
    const dialog = ref.current!;
    const opener = document.activeElement as HTMLElement | null;
    if (!dialog.open) dialog.showModal();
    // Before it is taken out of the page: what is out of it gives no focus back.
    return () => {
      dialog.close();
      // Of two that end at once, the lower one could not: the upper one still held all others off.
      queueMicrotask(() => document.activeElement === document.body && opener?.focus());
    };
  }, []);
  const leave = () => (isChanged.current ? setAsking(true) : onClose());
  return (
    <dialog
      ref={ref}
      className={wide ? `${css["dialog"]} ${css["wide"]}` : css["dialog"]}
      aria-labelledby={id}
      onInput={() => (isChanged.current = true)}
      onKeyDown={(event) => {
        // Of two dialogs the upper one has taken it. A browser lets nobody hold its own way out up for a second time.
        if (event.key !== "Escape" || event.defaultPrevented || event.nativeEvent.isComposing) return;
        event.preventDefault();
        leave();
      }}
      // The way back of a phone.
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
    >
      <div className={css["dialogHead"]}>
        <h2 id={id}>{title}</h2>
        <Button kind="plain" aria-label="Close" onClick={leave}>
          <Icon name="cross" />
        </Button>
      </div>
      <div className={css["dialogBody"]}>{children}</div>
      {isAsking && (
        <Dialog title="Throw away what you typed?" onClose={() => setAsking(false)}>
          <p>Nothing of it has been sent.</p>
          <DialogActions>
            <Button onClick={() => setAsking(false)}>Go on typing</Button>
            <Button kind="danger" onClick={onClose}>
              Throw it away
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </dialog>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={css["dialogFoot"]}>{children}</div>;
}
