// "Why did it not run at 02:00?": for any instant, past or future, answered by the service in three lines with the facts.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, get } from "../../api/client.ts";
import type { Explanation, Schedule } from "../../api/contract.ts";
import { Button } from "../../parts/Button.tsx";
import { Field } from "../../parts/Field.tsx";
import { Panel } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { Badge } from "../../parts/Status.tsx";
import { useFields } from "../../shell/hooks.ts";
import { type Look, plainWords } from "../../words/states.ts";
import { inLabels } from "../../words/places.ts";
import css from "./schedule.module.css";

export function Explain({ schedule }: { schedule: Schedule }) {
  const [fields, change] = useFields();
  const at = fields["at"] ?? "";
  return (
    <Panel>
      <div className={css["explain"]}>
        <AskForm
          key={at}
          at={at}
          zone={schedule.timeZone}
          onAsk={(asked) => change({ at: asked }, { replace: true })}
        />
        {at === "" ? (
          <QuickAsks schedule={schedule} onAsk={(asked) => change({ at: asked }, { replace: true })} />
        ) : (
          <Answer id={schedule.id} at={at} onAsk={(asked) => change({ at: asked }, { replace: true })} />
        )}
      </div>
    </Panel>
  );
}

interface AskProps {
  at: string;
  zone: string;
  onAsk(at: string | undefined): void;
}

function AskForm({ at, zone, onAsk }: AskProps) {
  const [text, setText] = useState(at);
  return (
    <form
      className={css["ask"]}
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(text.trim() === "" ? undefined : text.trim());
      }}
    >
      <Field
        label="At"
        hint={`On its own clock (${zone}): “yesterday 02:00”, “2h ago”, “2027-03-28 02:30”; or an instant in Z`}
      >
        {(attributes) => (
          <input
            {...attributes}
            value={text}
            placeholder="yesterday 02:00"
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit">Why?</Button>
      {at !== "" && <Button onClick={() => onAsk(undefined)}>Clear</Button>}
    </form>
  );
}

function QuickAsks({ schedule, onAsk }: { schedule: Schedule; onAsk(at: string): void }) {
  const asks = [
    schedule.lastRun?.fireAt && (["the last one", schedule.lastRun.fireAt] as const),
    schedule.nextFires[0] && (["the next one", schedule.nextFires[0].at] as const),
    ["now", "now"] as const,
  ].filter((one) => one !== undefined && one !== null && one !== "");
  return (
    <p className={css["quick"]}>
      Or ask about{" "}
      {asks.map((ask) =>
        ask ? (
          <Button key={ask[0]} onClick={() => onAsk(ask[1])}>
            {ask[0]}
          </Button>
        ) : null,
      )}
    </p>
  );
}

const VERDICTS: Readonly<Record<Explanation["verdict"], Pick<Look, "icon" | "tone">>> = {
  ran: { icon: "check", tone: "good" },
  waiting: { icon: "clock", tone: "wait" },
  cancelled: { icon: "stop", tone: "calm" },
  skipped: { icon: "skip", tone: "warn" },
  suspended: { icon: "pause", tone: "warn" },
  due: { icon: "clock", tone: "busy" },
  will_fire: { icon: "clock", tone: "busy" },
  will_not_fire: { icon: "off", tone: "warn" },
  not_a_fire: { icon: "off", tone: "calm" },
  no_such_time: { icon: "warn", tone: "warn" },
  not_made_yet: { icon: "off", tone: "calm" },
  not_begun: { icon: "off", tone: "calm" },
  deleted: { icon: "off", tone: "calm" },
  over: { icon: "stop", tone: "calm" },
  not_kept: { icon: "off", tone: "calm" },
};

/** `id`: also of a schedule that is deleted. */
export function Answer({ id, at, onAsk }: { id: string; at: string; onAsk?(at: string): void }) {
  const path = `/schedules/${encodeURIComponent(id)}/explain`;
  const read = useQuery({
    queryKey: ["schedules", path, at],
    queryFn: ({ signal }) => get<Explanation>(path, { at }, signal),
  });
  const refused = read.error instanceof ApiError && read.error.status === 422 ? read.error : null;
  if (refused) {
    return (
      <p className={css["wrong"]} role="alert">
        {refused.fields.map(({ message }) => `The time ${message}`).join(" ") || refused.message}
      </p>
    );
  }
  return (
    <Loaded read={read} what="Looking it up">
      {(found) => <Found found={found} onAsk={onAsk} />}
    </Loaded>
  );
}

function Found({ found, onAsk }: { found: Explanation; onAsk?: ((at: string) => void) | undefined }) {
  const { verdict, lines, row, backfill, previousFire, nextFire } = found;
  return (
    <div className={css["answer"]} aria-live="polite" data-verdict={verdict}>
      <Badge {...VERDICTS[verdict]} word={plainWords(verdict)} />
      {lines.map((line, i) => (
        <p key={i} className={i === 0 ? css["first"] : undefined}>
          {inLabels(line)}
        </p>
      ))}
      {(row ?? backfill) && (
        <p className={css["quick"]}>
          {row && (
            <Link to="/runs/$id" params={{ id: row.run }}>
              {row.state === "skipped" ? "The row that says so" : "The run"}
            </Link>
          )}
          {backfill && (
            <Link to="/runs/$id" params={{ id: backfill.run }}>
              The run of a backfill: {backfill.state}
            </Link>
          )}
        </p>
      )}
      {onAsk && (
        <p className={css["quick"]}>
          {previousFire && (
            <Button onClick={() => onAsk(previousFire.at)} title={previousFire.local}>
              ← the fire before
            </Button>
          )}
          {nextFire && (
            <Button onClick={() => onAsk(nextFire.at)} title={nextFire.local}>
              the next fire →
            </Button>
          )}
        </p>
      )}
    </div>
  );
}
