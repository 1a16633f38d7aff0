// What a run was given and what came of it, as JSON; and the error that ended it.
import type { Run } from "../../api/contract.ts";
import { CopyButton } from "../../parts/Copy.tsx";
import { Muted, Panel, Section } from "../../parts/Layout.tsx";
import { useParamLabels } from "../../parts/param-labels.ts";
import { plainText } from "../../log/ansi.ts";
import css from "./run.module.css";

export function Params({ run }: { run: Run }) {
  return <ParamList of={run} none="None were given; defaults of the code hold." />;
}

interface ParamListProps {
  /** The run or the schedule. */
  of: { job: string; source: string; params: Readonly<Record<string, unknown>> };
  none: string;
}

export function ParamList({ of, none }: ParamListProps) {
  const entries = Object.entries(of.params);
  const labels = useParamLabels(of, entries.length > 0);
  return (
    <Panel>
      {entries.length === 0 && <Muted>{none}</Muted>}
      <dl className={css["params"]}>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>
              {(labels[name] ?? name) !== name && `${labels[name]} `}
              <code>{name}</code>
            </dt>
            <dd>{isSecret(value) ? <Muted>••••••••, secret</Muted> : <Value value={value} />}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Value({ value }: { value: unknown }) {
  if (typeof value === "string") return <span className={css["string"]}>{plainText(value)}</span>;
  const text = JSON.stringify(value, null, 2);
  return text.length > 60 || text.includes("\n") ? <pre tabIndex={0}>{text}</pre> : <code>{text}</code>;
}

export function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { secret?: unknown }).secret === true;
}

export function Result({ run }: { run: Run }) {
  if (run.result === null || run.result === undefined) return null;
  const text = JSON.stringify(run.result, null, 2);
  return (
    <Section title="Result" aside={<CopyButton text={text}>Copy the result</CopyButton>}>
      <pre tabIndex={0} aria-label="Result" className={css["result"]}>
        {plainText(text)}
      </pre>
    </Section>
  );
}

export function ErrorOf({ run }: { run: Run }) {
  if (run.error === null) return null;
  const { message, stack, file, line, column } = run.error;
  return (
    <Section title="Error">
      <Panel>
        <p className={css["errorMessage"]}>{plainText(message)}</p>
        {file !== null && (
          <p>
            at{" "}
            <code>
              {file}
              {line !== null && `:${line}`}
              {column !== null && `:${column}`}
            </code>
          </p>
        )}
        {stack !== null && (
          <details>
            <summary>Stack</summary>
            <pre tabIndex={0} aria-label="Stack">
              {plainText(stack)}
            </pre>
          </details>
        )}
      </Panel>
    </Section>
  );
}
