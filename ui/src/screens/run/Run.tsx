// One run: what it is, what it has been through, what it wrote, what came of it.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useLive } from "../../api/live.ts";
import type { Run } from "../../api/contract.ts";
import { readingOne } from "../../api/queries.ts";
import { LogView } from "../../log/LogView.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { Columns, Screen, Section } from "../../parts/Layout.tsx";
import { Loaded } from "../../parts/States.tsx";
import { StatusBadge } from "../../parts/Status.tsx";
import { useLiveUpdates } from "../../shell/hooks.ts";
import { addressOfJob, shownJob } from "../../words/address.ts";
import { isOpen } from "../../words/states.ts";
import { RunActions } from "./RunActions.tsx";
import { Cause, Counts, Progress } from "./Outcome.tsx";
import { FailedRecords } from "./FailedRecords.tsx";
import { RunFacts } from "./RunFacts.tsx";
import { CancelSteps } from "./CancelSteps.tsx";
import { Phases } from "./Phases.tsx";
import { ErrorOf, Params, Result } from "./Values.tsx";

/** Counts and progress have no change notices of their own. */
const COUNTS_MS = 1_000;

export function RunScreen() {
  const { id } = useParams({ from: "/runs/$id" });
  const paused = useLive(useLiveUpdates()).state === "paused";
  const read = useQuery({
    ...readingOne<Run>(`/runs/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) =>
      state.data && isOpen(state.data.data.state) && !paused ? COUNTS_MS : false,
  });
  const run = read.data?.data;
  return (
    <Screen
      title={run ? (run.jobName ?? run.job) : "Run"}
      badges={run && <StatusBadge state={run.state} reason={run.reason} />}
      about={run && <About run={run} />}
      actions={run && <RunActions run={run} />}
    >
      <Loaded read={read} what="Loading the run">
        {({ data }) => <Whole key={data.id} run={data} paused={paused} />}
      </Loaded>
    </Screen>
  );
}

function About({ run }: { run: Run }) {
  return (
    <>
      Run of{" "}
      <Link to="/jobs/$address" params={{ address: addressOfJob(run) }}>
        {shownJob({ key: run.job, source: run.source })}
      </Link>
      , {TRIGGER_WORDS[run.trigger]} · <code>{run.id}</code>{" "}
      <CopyButton text={run.id}>Copy the id</CopyButton>
    </>
  );
}

const TRIGGER_WORDS: Readonly<Record<Run["trigger"], string>> = {
  schedule: "started by its schedule",
  manual: "started by hand",
  api: "started over REST",
  retry: "a run done again",
  backfill: "made by a backfill",
  cli: "started from the command line",
};

function Whole({ run, paused }: { run: Run; paused: boolean }) {
  const began = run.startedAt !== null || isOpen(run.state);
  return (
    <>
      <Cause run={run} />
      <CancelSteps run={run} />
      {began && <Progress run={run} />}
      {began && <Counts run={run} />}
      <ErrorOf run={run} />
      {began && (
        <Section title="Log">
          <LogView run={run} live={!paused} />
        </Section>
      )}
      <FailedRecords run={run} />
      <Phases run={run} />
      <Columns>
        <Section title="Facts">
          <RunFacts run={run} />
        </Section>
        <Section title="Params">
          <Params run={run} />
        </Section>
      </Columns>
      <Result run={run} />
    </>
  );
}
