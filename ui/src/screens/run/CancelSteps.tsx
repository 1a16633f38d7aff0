// What was done to end a run: who asked, what was sent when, and when nothing of it was left.
import type { Run } from "../../api/contract.ts";
import { Notice } from "../../parts/Layout.tsx";
import { Time } from "../../parts/Time.tsx";
import { cancelSteps } from "../../words/cancel.ts";
import { whoIs } from "../../words/places.ts";
import css from "./run.module.css";

export function CancelSteps({ run }: { run: Run }) {
  const { cancel } = run;
  if (cancel === null) return null;
  return (
    <Notice tone="calm">
      <div className={css["steps"]}>
        <span>
          <strong>Cancel asked for</strong> by {cancel.by === null ? "the service" : whoIs(cancel.by)} at{" "}
          <Time at={cancel.requestedAt} />
          {cancel.reason !== null && <>: “{cancel.reason}”</>}
        </span>
        <ol>
          {cancelSteps(run).map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
    </Notice>
  );
}
