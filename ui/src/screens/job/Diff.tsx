// What changed between two versions: params first, then the files line by line.
import type { VersionDiff } from "../../api/contract.ts";
import { Muted } from "../../parts/Layout.tsx";
import { diffLines } from "../../words/patch.ts";
import css from "./job.module.css";

const SIGNS = { same: " ", added: "+", removed: "-", hunk: "" } as const;

export function Diff({ diff }: { diff: VersionDiff }) {
  const nothing = diff.params.length + diff.fields.length + diff.files.length === 0;
  return (
    <>
      {nothing && <p>Nothing differs.</p>}
      {diff.params.length > 0 && (
        <ul className={css["changes"]}>
          {diff.params.map((change, index) => (
            <li key={index}>
              {change.name === null ? "params together" : <code>{change.name}</code>} {change.change}
              {change.says.length > 0 && `: ${change.says.join("; ")}`}
            </li>
          ))}
        </ul>
      )}
      {diff.fields.length > 0 && (
        <ul className={css["changes"]}>
          {diff.fields.map(({ field, from, to }) => (
            <li key={field}>
              <code>{field}</code>: <code>{shown(from)}</code> is now <code>{shown(to)}</code>
            </li>
          ))}
        </ul>
      )}
      {diff.files.map((file) => (
        <section key={file.path} aria-label={file.path}>
          <h3>
            <code>{file.path}</code> <Muted>{file.change}</Muted>
          </h3>
          {file.note !== null && <p>{file.note}</p>}
          {file.patch !== null && <Patch patch={file.patch} path={file.path} />}
        </section>
      ))}
    </>
  );
}

function Patch({ patch, path }: { patch: string; path: string }) {
  return (
    <div className={css["diff"]} tabIndex={0} role="region" aria-label={`Changes of ${path}`}>
      <table>
        <tbody>
          {diffLines(patch).map((line, index) => (
            <tr key={index} data-kind={line.kind}>
              <td className={css["number"]}>{line.before}</td>
              <td className={css["number"]}>{line.after}</td>
              <td>
                {SIGNS[line.kind]}
                {line.words.map((word, at) => (word.changed ? <mark key={at}>{word.text}</mark> : word.text))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "none" : JSON.stringify(value);
}
