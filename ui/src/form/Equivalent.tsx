// The same as lines for a shell, for who would rather script it. No secret is in them.
import { CopyButton } from "../parts/Copy.tsx";
import css from "./form.module.css";

export function Equivalent({ curl, command }: { curl: string; command?: string }) {
  return (
    <details className={css["equivalent"]}>
      <summary>The same from a shell</summary>
      <div className={css["equivalentBody"]}>
        {command !== undefined && <Line name="Command line" text={command} />}
        <Line name="curl" text={curl} />
        <span className={css["hint"]}>
          <code>JOBMOUNT_TOKEN</code> holds your token. Secrets are read from the environment, and asked for
          by the command.
        </span>
      </div>
    </details>
  );
}

function Line({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <strong>{name}</strong>
      <pre tabIndex={0} aria-label={name}>
        {text}
      </pre>
      <CopyButton text={text}>{`Copy ${name}`}</CopyButton>
    </div>
  );
}
