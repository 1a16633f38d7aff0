// Why a job does not load: the place in its code, the next step, and which version serves meanwhile.
import type { FailedLoad, LoadError } from "../../api/contract.ts";
import { Notice } from "../../parts/Layout.tsx";
import { Time } from "../../parts/Time.tsx";
import { shortHash } from "../../words/address.ts";
import { frameLines } from "../../words/frame.ts";
import css from "./job.module.css";

export function LoadProblem({ error }: { error: LoadError | FailedLoad }) {
  const place = [error.file, error.line, error.column].filter((part) => part !== null).join(":");
  return (
    <section aria-label="Load error" className={css["problem"]}>
      <Notice tone="bad">
        <strong>It does not load.</strong>
        <span>
          {place !== "" && <code>{place}</code>} {error.message}
        </span>
      </Notice>
      {error.frame !== null && <CodeFrame frame={error.frame} />}
      {error.problems?.map((problem, index) => (
        <p key={index}>
          <code>
            {problem.code}
            {problem.line !== null && ` line ${problem.line}`}
          </code>{" "}
          {problem.message}
        </p>
      ))}
      {error.hint !== null && (
        <p>
          <strong>Next step:</strong> {error.hint}
        </p>
      )}
      <p>
        {error.serving === null ? (
          "No version of it ever loaded, so nothing of it runs."
        ) : (
          <>
            Serving version <code>{shortHash(error.serving)}</code>: runs go on with it until the folder loads
            again.
          </>
        )}{" "}
        Since <Time at={error.since} as="both" />.
      </p>
    </section>
  );
}

/** The lines around the place; the one that is meant is marked by its sign too, not by its colour alone. */
export function CodeFrame({ frame }: { frame: string }) {
  return (
    <pre className={css["frame"]} tabIndex={0} aria-label="The code around the place">
      {frameLines(frame).map((line, index) => (
        <span key={index} data-bad={line.bad}>
          {line.text}
        </span>
      ))}
    </pre>
  );
}
