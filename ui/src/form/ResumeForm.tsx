// Ends a pause, after the service has said what that would do.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { newKey, send } from "../api/client.ts";
import type { Effect } from "../api/contract.ts";
import { useLiveUpdates } from "../shell/hooks.ts";
import { Confirm } from "../parts/Confirm.tsx";
import { EffectWords } from "../parts/EffectWords.tsx";
import { ReasonField } from "../parts/ReasonField.tsx";
import { Loaded } from "../parts/States.tsx";

interface ResumeFormProps {
  /** What is resumed: "everything", "this schedule". */
  what: string;
  /** Its address; `/resume` is added. */
  path: string;
  onClose(): void;
}

export function ResumeForm({ what, path, onClose }: ResumeFormProps) {
  const live = useLiveUpdates();
  const [reason, setReason] = useState("");
  const [key] = useState(newKey);
  const effect = useQuery({
    queryKey: ["effect", path, "resume"],
    queryFn: async ({ signal }) =>
      (await send<Effect>("POST", `${path}/resume`, { body: { dryRun: true }, signal })).data,
    staleTime: 0,
    gcTime: 0,
  });
  const resume = useMutation({
    mutationFn: () =>
      send("POST", `${path}/resume`, {
        body: reason.trim() === "" ? {} : { reason: reason.trim() },
        idempotencyKey: key,
      }),
    onSuccess() {
      live.refresh();
      onClose();
    },
  });
  return (
    <Confirm title={`Resume ${what}`} does="Resume" act={resume} onClose={onClose}>
      <Loaded read={effect} what="Asking what that would do">
        {(would) => <EffectWords effect={would} of="of the pause" />}
      </Loaded>
      <ReasonField value={reason} onChange={setReason} />
    </Confirm>
  );
}
