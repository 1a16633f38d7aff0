// What /readyz says: each check with its word.
import { useQuery } from "@tanstack/react-query";
import { PAGE_BASE } from "../../api/base.ts";
import { unreachable } from "../../api/client.ts";
import { Facts } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { useEvery } from "../../shell/hooks.ts";

interface Ready {
  status: string;
  checks?: readonly { name: string; ok: boolean; detail?: string }[];
}

export function Health() {
  const ready = useQuery({
    queryKey: ["health"],
    // It answers 503 with the same shape when it is not ready.
    queryFn: async ({ signal }) => {
      try {
        return (await (await fetch(`${PAGE_BASE}readyz`, { signal })).json()) as Ready;
      } catch (error) {
        throw signal.aborted ? error : unreachable();
      }
    },
    refetchInterval: useEvery(5_000),
  });
  return (
    <Loaded read={ready} what="Asking for its health">
      {({ status, checks = [] }, isOld) => (
        <Facts
          of={[
            ["Ready", <Mark key="ready" ok={isOld ? null : status === "ready"} />],
            ...checks.map(
              ({ name, ok, detail }) =>
                [
                  name,
                  <span key={name}>
                    <Mark ok={isOld ? null : ok} /> {!isOld && detail}
                  </span>,
                ] as const,
            ),
          ]}
        />
      )}
    </Loaded>
  );
}

/** `null`: nobody answers, and what was said last may be wrong by now. */
function Mark({ ok }: { ok: boolean | null }) {
  if (ok === null) return <Badge word="unknown" icon="warn" tone="warn" />;
  return ok ? <Badge word="ok" icon="check" tone="good" /> : <Badge word="not ok" icon="cross" tone="bad" />;
}
