// A request that takes a schedule in hand; what it changed is read anew.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { send } from "../../api/client.ts";
import type { Schedule } from "../../api/contract.ts";

export function useControl(schedule: Schedule, verb: string, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Record<string, unknown>) =>
      send<Schedule>("POST", `/schedules/${encodeURIComponent(schedule.id)}/${verb}`, { body }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["schedules"] });
      onDone();
    },
  });
}

/** What is empty is not said. */
export function said(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ""),
  );
}
