// How a schedule is set: its policies and limits in words, its params.
import type { Schedule } from "../../api/contract.ts";
import { Columns, Facts, Muted, Panel, Section } from "../../parts/Layout.tsx";
import { Duration, Time } from "../../parts/Time.tsx";
import { plainWords } from "../../words/states.ts";
import { durationText } from "../../words/time.ts";
import { CATCH_UPS, GAPS, OVERLAPS, REPEATS, saysOf } from "../editor/policies.ts";
import { ParamList } from "../run/Values.tsx";

export function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  return (
    <Columns>
      <Section title="How it is set">
        <Panel>
          <Facts
            of={[
              ...whenFacts(schedule),
              ...policyFacts(schedule),
              ...limitFacts(schedule),
              ...ownFacts(schedule),
            ]}
          />
        </Panel>
      </Section>
      <Section title="Params">
        <ParamList of={schedule} none="None are set: defaults of the code hold." />
      </Section>
    </Columns>
  );
}

type Pairs = Parameters<typeof Facts>[0]["of"];

function whenFacts({ cron, everyMs, anchorAt, at, timeZone }: Schedule): Pairs {
  return [
    cron !== undefined && ["Cron", <code key="c">{cron}</code>],
    everyMs !== undefined && ["Every", durationText(everyMs)],
    anchorAt !== undefined && ["Counted from", <Time key="a" at={anchorAt} zone={timeZone} />],
    at !== undefined && ["At", <Time key="t" at={at} zone={timeZone} />],
    ["Time zone", timeZone],
  ];
}

function policyFacts({ overlap, catchUp, dst, jitterMs }: Schedule): Pairs {
  const window = catchUp.policy === "skip" ? "" : `, within ${durationText(catchUp.windowMs)}`;
  const most = catchUp.policy === "all" ? `, at most ${catchUp.max}` : "";
  return [
    ["While a run goes on", says(overlap, saysOf(OVERLAPS, overlap))],
    ["After downtime", says(`${catchUp.policy}${window}${most}`, saysOf(CATCH_UPS, catchUp.policy))],
    dst !== null && ["Clocks forward", says(dst.gap, saysOf(GAPS, dst.gap))],
    dst !== null && ["Clocks back", says(dst.repeat, saysOf(REPEATS, dst.repeat))],
    jitterMs > 0 && ["Later by up to", <Duration key="j" ms={jitterMs} />],
  ];
}

function limitFacts(schedule: Schedule): Pairs {
  const { timeoutMs, retries, startAt, endAt, maxRuns, maxFailedShare, pauseAfterFailures, timeZone } =
    schedule;
  return [
    timeoutMs !== null && ["Timeout", <Duration key="t" ms={timeoutMs} />],
    retries !== null && ["Tries", `${retries.attempts}, the second after ${durationText(retries.backoffMs)}`],
    startAt !== null && ["Not before", <Time key="s" at={startAt} zone={timeZone} />],
    endAt !== null && ["Not after", <Time key="e" at={endAt} zone={timeZone} />],
    maxRuns !== null && ["Most runs", String(maxRuns)],
    maxFailedShare !== null && ["Most failed records", `${maxFailedShare * 100} %`],
    pauseAfterFailures !== null && ["Pauses after failures", `${pauseAfterFailures} in a row`],
  ];
}

function ownFacts(schedule: Schedule): Pairs {
  const { id, revision, origin, createdAt, updatedAt } = schedule;
  return [
    ["Id", <code key="i">{id}</code>],
    ["Revision", String(revision)],
    origin === "code" && ["From the code", codeText(schedule)],
    ["Made", <Time key="c" at={createdAt} />],
    ["Changed", <Time key="u" at={updatedAt} />],
  ];
}

const DRIFT = { name: "name", cron: "cron text", every: "interval", timeZone: "time zone", params: "params" };

/** Whether it still is what the job's code suggests. */
function codeText({ suggested, drift }: Schedule): string {
  if (!suggested) return "suggested once, and not any more";
  if (drift.length === 0) return "as it is suggested there";
  const when = suggested.cron ?? suggested.every;
  const zone = suggested.timeZone === undefined ? "" : ` in ${suggested.timeZone}`;
  const names = drift.map((field) => DRIFT[field]).join(", ");
  return `changed here: ${names}; the code suggests ${when}${zone}`;
}

function says(word: string, line: string) {
  return (
    <>
      {plainWords(word)} <Muted>{line}</Muted>
    </>
  );
}
