// Switches something off or on, after the service has said what that would do to fires.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../api/client.ts";
import type { Effect } from "../api/contract.ts";
import { useLiveUpdates } from "../shell/hooks.ts";
import { Confirm } from "../parts/Confirm.tsx";
import { EffectWords } from "../parts/EffectWords.tsx";
import { Loaded } from "../parts/States.tsx";

interface SwitchProps {
  /** As the title says it: "this schedule". */
  what: string;
  path: string;
  etag: string;
  isOn: boolean;
  /** What being switched on, and off, means. */
  saysOn: string;
  saysOff: string;
  onClose(): void;
}

export function SwitchConfirm({ what, path, etag, isOn, saysOn, saysOff, onClose }: SwitchProps) {
  const live = useLiveUpdates();
  // As it was when the dialog was opened, whatever is read meanwhile.
  const [enabled] = useState(!isOn);
  const effect = useQuery({
    queryKey: ["effect", path, enabled, etag],
    queryFn: async ({ signal }) => {
      const body = { enabled, dryRun: true };
      return (await send<Effect>("PATCH", path, { body, ifMatch: etag, signal })).data;
    },
    staleTime: 0,
  });
  const turn = useMutation({
    mutationFn: () => send("PATCH", path, { body: { enabled }, ifMatch: etag }),
    onSuccess() {
      live.refresh();
      onClose();
    },
  });
  return (
    <Confirm
      title={`Switch ${what} ${enabled ? "on" : "off"}`}
      does={enabled ? "Switch it on" : "Switch it off"}
      act={turn}
      onClose={onClose}
    >
      <p>{enabled ? saysOn : saysOff}</p>
      <Loaded read={effect} what="Asking what that would do">
        {(would) => <EffectWords effect={would} of="of the time it was off" />}
      </Loaded>
    </Confirm>
  );
}
