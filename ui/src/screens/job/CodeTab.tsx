// The code of a version: exactly what runs, or what ran then, not what the folder holds now.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Job, VersionSource } from "../../api/contract.ts";
import { reading } from "../../api/queries.ts";
import { Muted, Section } from "../../parts/Layout.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { EmptyState, Loaded } from "../../parts/States.tsx";
import { useFields } from "../../shell/hooks.ts";
import { jobAddress, shortHash } from "../../words/address.ts";
import { bytesText } from "../../words/time.ts";
import css from "./job.module.css";
import parts from "../../parts/parts.module.css";

export function CodeTab({ job }: { job: Job }) {
  if (job.version === null) {
    return (
      <EmptyState title="No version of it ever loaded, so there is no code that runs.">
        <span>Its load error says what to mend first.</span>
      </EmptyState>
    );
  }
  return <Code job={job} hash={job.version.hash} />;
}

interface CodeProps {
  job: Job;
  hash: string;
  /** What can be done with this version. */
  aside?: ReactNode;
}

export function Code({ job, hash, aside }: CodeProps) {
  const [fields, change] = useFields();
  const source = useQuery(
    reading<VersionSource>(`/jobs/${encodeURIComponent(jobAddress(job))}/versions/${hash}/source`),
  );
  return (
    <Loaded read={source} what="Loading the code">
      {({ files, revision }) => {
        const file =
          files.find(({ path }) => path === fields["file"]) ??
          files.find(({ role }) => role === "code") ??
          files[0];
        return (
          <Section
            title={`Version ${shortHash(hash)}`}
            aside={
              <>
                {revision !== null && <Muted>commit {shortHash(revision)}</Muted>} {aside}
              </>
            }
          >
            <div className={css["files"]}>
              {files.map(({ path, bytes }) => (
                <button
                  key={path}
                  type="button"
                  className={parts["link"]}
                  aria-pressed={path === file?.path}
                  onClick={() => change({ file: path }, { replace: true })}
                >
                  {path} <Muted>{bytesText(bytes)}</Muted>
                </button>
              ))}
            </div>
            {file?.text === null || file === undefined ? (
              <EmptyState title="This file is no text, is too large to show, or was not kept." />
            ) : (
              <>
                <pre className={css["code"]} tabIndex={0} aria-label={file.path}>
                  {file.text
                    .replace(/\n$/, "")
                    .split("\n")
                    .map((line, index) => (
                      <span key={index}>{line}</span>
                    ))}
                </pre>
                <p>
                  <CopyButton text={file.text} />
                </p>
              </>
            )}
          </Section>
        );
      }}
    </Loaded>
  );
}
