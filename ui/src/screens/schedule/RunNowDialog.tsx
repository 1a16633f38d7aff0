// One run beside what a schedule owes. It asks first: a key is pressed sooner than one thinks.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { send } from "../../api/client.ts";
import type { Run } from "../../api/contract.ts";
import { useRequestKey } from "../../api/request-key.ts";
import { Confirm } from "../../parts/Confirm.tsx";
import { shownJob } from "../../words/address.ts";
import type { ControlProps } from "./control-props.ts";

export function RunNowDialog({ schedule, onClose }: ControlProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [key, refused] = useRequestKey();
  const run = useMutation({
    mutationFn: () =>
      send<Run>("POST", `/schedules/${encodeURIComponent(schedule.id)}/run`, { idempotencyKey: key }),
    onSuccess: ({ data }) => {
      void client.invalidateQueries({ queryKey: ["runs"] });
      onClose();
      void navigate({ to: "/runs/$id", params: { id: data.id } });
    },
    onError: refused,
  });
  return (
    <Confirm title="Run it now?" does="Start the run" act={run} onClose={onClose}>
      <p>
        One run of <strong>{shownJob({ key: schedule.job, source: schedule.source })}</strong> begins at once,
        with the params of this schedule. Its next fires stay as they are.
      </p>
    </Confirm>
  );
}
