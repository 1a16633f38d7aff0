// What stands where data would: on its way, none, refused, failed. Each says the next step.
import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { Button } from "./Button.tsx";
import { Time } from "./Time.tsx";
import { sayWhere } from "../form/field-errors.ts";
import css from "./parts.module.css";

export function Loading({ what = "Loading", rows = 4 }: { what?: string; rows?: number }) {
  return (
    <div className={css["loading"]} role="status" data-loading>
      <span className={css["visuallyHidden"]}>{what} …</span>
      <div className={css["bars"]} aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <span key={index} />
        ))}
      </div>
    </div>
  );
}

/** `children`: the next step. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css["state"]}>
      <strong>{title}</strong>
      {children}
    </div>
  );
}

interface ErrorProps {
  error: unknown;
  again?: () => void;
  /** When what still stands below was read. */
  asOf?: number;
}

export function ErrorState({ error, again, asOf }: ErrorProps) {
  const refused = error instanceof ApiError ? error : null;
  const title =
    refused === null
      ? "This part of the page failed"
      : refused.status === 403
        ? "You may not see this"
        : refused.status === 404
          ? "Not found"
          : refused.status === 0
            ? "The service cannot be reached"
            : "The service could not answer";
  return (
    <div className={`${css["state"]} ${css["error"]}`} role="alert">
      <strong>{title}</strong>
      <span>{error instanceof Error ? error.message : String(error)}</span>
      {refused?.fields.map((field) => (
        <span key={field.pointer + field.code}>{sayWhere(field.pointer, field.message)}</span>
      ))}
      {asOf !== undefined && (
        <span>
          What stands below is as of <Time at={new Date(asOf).toISOString()} as="both" />.
        </span>
      )}
      {refused?.problem && refused.status >= 500 && (
        <span className={css["hint"]}>
          The service's log has it under <code>{refused.problem.requestId}</code>.
        </span>
      )}
      {again && refused?.status !== 403 && refused?.status !== 404 && (
        <Button onClick={again}>Try again</Button>
      )}
    </div>
  );
}

interface Read<T> {
  data: T | undefined;
  error: unknown;
  /** The last try, while it is tried again. */
  failureReason?: unknown;
  /** When the data was read. */
  dataUpdatedAt?: number;
  isPending: boolean;
  refetch(): unknown;
}

/**
 * Draws a read in whichever state it is; what was read before stays while it fails, and says of when it is. What it
 * says of now (that something works, that somebody is there) is drawn as unknown then: `isOld`.
 */
export function Loaded<T>({
  read,
  what,
  children,
}: {
  read: Read<T>;
  what?: string;
  children(data: T, isOld: boolean): ReactNode;
}) {
  if (read.data !== undefined) {
    // Nobody answers: that is said at the first try, not after the last one.
    const error = read.error ?? (isAway(read.failureReason) ? read.failureReason : null);
    return (
      <>
        {error ? (
          <ErrorState error={error} again={() => void read.refetch()} asOf={read.dataUpdatedAt} />
        ) : null}
        {children(read.data, Boolean(error))}
      </>
    );
  }
  if (read.isPending) return <Loading what={what} />;
  return <ErrorState error={read.error} again={() => void read.refetch()} />;
}

function isAway(reason: unknown): boolean {
  return reason instanceof ApiError && reason.status === 0;
}
