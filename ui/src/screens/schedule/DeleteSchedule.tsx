// Ends a schedule for good, after it was said what that does.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { send } from "../../api/client.ts";
import type { Schedule } from "../../api/contract.ts";
import { Button } from "../../parts/Button.tsx";
import { Confirm } from "../../parts/Confirm.tsx";

export function DeleteSchedule({ schedule }: { schedule: Schedule }) {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => send("DELETE", `/schedules/${encodeURIComponent(schedule.id)}`),
    onSuccess: async () => {
      await navigate({ to: "/schedules", ignoreBlocker: true });
      void client.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
  return (
    <>
      <Button kind="danger" onClick={() => setOpen(true)}>
        Delete
      </Button>
      {open && (
        <Confirm
          title="Delete this schedule"
          does="Delete the schedule"
          keeps="Keep it"
          kind="danger"
          act={remove}
          onClose={() => setOpen(false)}
        >
          <p>
            It fires no more, and its waiting runs are cancelled. What has run, and why something did not,
            stays in the history.
          </p>
        </Confirm>
      )}
    </>
  );
}
