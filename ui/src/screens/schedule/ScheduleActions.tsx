// What may be done to a schedule. What a role may not do is not there.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { useMay } from "../../shell/hooks.ts";
import { BackfillDialog } from "./BackfillDialog.tsx";
import type { ControlProps } from "./control-props.ts";
import { CopyDialog } from "./CopyDialog.tsx";
import { PauseDialog } from "./PauseDialog.tsx";
import { ResumeDialog } from "./ResumeDialog.tsx";
import { RunNowDialog } from "./RunNowDialog.tsx";
import { SkipDialog } from "./SkipDialog.tsx";
import { SwitchDialog } from "./SwitchDialog.tsx";

type Open = keyof typeof DIALOGS | null;

const DIALOGS = {
  run: RunNowDialog,
  switch: SwitchDialog,
  copy: CopyDialog,
  pause: PauseDialog,
  resume: ResumeDialog,
  skip: SkipDialog,
  backfill: BackfillDialog,
} as const;

export function ScheduleActions({ schedule, etag }: Omit<ControlProps, "onClose">) {
  const [open, setOpen] = useState<Open>(null);
  const mayControl = useMay("operator");
  const mayEdit = useMay("editor");
  const OpenDialog = open && DIALOGS[open];
  return (
    <>
      {mayControl && (
        <Button kind="primary" data-key="r" onClick={() => setOpen("run")}>
          <Icon name="play" size={12} /> Run now
        </Button>
      )}
      {mayControl &&
        (schedule.paused ? (
          <Button onClick={() => setOpen("resume")}>
            <Icon name="play" size={12} /> Resume
          </Button>
        ) : (
          <Button onClick={() => setOpen("pause")}>
            <Icon name="pause" size={12} /> Pause
          </Button>
        ))}
      {mayControl && <Button onClick={() => setOpen("skip")}>Skip next</Button>}
      {mayControl && schedule.at === undefined && (
        <Button onClick={() => setOpen("backfill")}>Backfill</Button>
      )}
      {mayEdit && (
        <Button onClick={() => setOpen("switch")}>{schedule.enabled ? "Switch off" : "Switch on"}</Button>
      )}
      {mayEdit && <Button onClick={() => setOpen("copy")}>Copy</Button>}
      {mayEdit && (
        <Link to="/schedules/$id/edit" params={{ id: schedule.id }} className={buttonClass()}>
          Change
        </Link>
      )}
      {OpenDialog && <OpenDialog schedule={schedule} etag={etag} onClose={() => setOpen(null)} />}
    </>
  );
}
