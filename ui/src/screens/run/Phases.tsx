// The timeline of a run: its waits and attempts to scale, and the same as a list that can be read.
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { Run } from "../../api/contract.ts";
import { Section } from "../../parts/Layout.tsx";
import { Time } from "../../parts/Time.tsx";
import { useNow } from "../../shell/now.ts";
import { durationText } from "../../words/time.ts";
import { shortHash } from "../../words/address.ts";
import { type PlacedPhase, phasesOf, placePhases } from "./phases.ts";
import css from "./run.module.css";

const HEIGHT = 22;

export function Phases({ run }: { run: Run }) {
  const now = useNow();
  const phases = placePhases(phasesOf(run), now);
  if (phases.length === 0) return null;
  return (
    <Section title="States and attempts">
      <svg
        className={css["phases"]}
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label="Waits and attempts to scale; the list below says the same"
      >
        {phases.map((phase, i) => (
          <rect
            key={i}
            x={`${phase.start}%`}
            width={`${phase.width}%`}
            y={phase.kind === "wait" ? 8 : 2}
            height={phase.kind === "wait" ? 6 : 18}
            rx={2}
            fill={`var(--${phase.tone}-bar)`}
          >
            <title>{`${phase.name} ${phase.says}`}</title>
          </rect>
        ))}
      </svg>
      <ol className={css["phaseList"]}>
        {phases.map((phase, i) => (
          <Fragment key={i}>
            <PhaseLine phase={phase} now={now} />
          </Fragment>
        ))}
        {run.finishedAt !== null && (
          <li>
            <strong>{run.state}</strong> at <Time at={run.finishedAt} />
          </li>
        )}
      </ol>
    </Section>
  );
}

function PhaseLine({ phase, now }: { phase: PlacedPhase; now: number }) {
  const { attempt } = phase;
  const steps = attempt?.steps ?? [];
  return (
    <li>
      <strong>{phase.name}</strong> {phase.says} <Time at={new Date(phase.from).toISOString()} />{" "}
      <span className={css["took"]}>{durationText(Math.max(0, (phase.to ?? now) - phase.from))}</span>
      {attempt && (
        <span className={css["detail"]}>
          {[
            attempt.cause,
            attempt.exitCode === null ? null : `exit code ${attempt.exitCode}`,
            attempt.signal === null ? null : `ended by ${attempt.signal}`,
            steps.length === 0 ? null : `sent: ${steps.map(({ signal }) => signal).join(", ")}`,
            attempt.version === null ? null : `version ${shortHash(attempt.version)}`,
            attempt.worker === null ? null : `on ${attempt.worker}`,
          ]
            .filter((one) => one !== null)
            .join(" · ")}
          {attempt.logLines && (
            <>
              {" · "}
              <Link to="." search={true as never} hash={`L${attempt.logLines.from}`} resetScroll={false}>
                lines {attempt.logLines.from}–{attempt.logLines.to}
              </Link>
            </>
          )}
        </span>
      )}
    </li>
  );
}
