// Links to a job, a run and a list of runs.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { shownJob } from "../words/address.ts";
import { jobPathOf, To } from "./To.tsx";

export function JobLink({ of, name }: { of: { job: string; source: string }; name?: string | null }) {
  return (
    <To path={jobPathOf(of)} title={`${of.source}:${of.job}`}>
      {name ?? shownJob({ key: of.job, source: of.source })}
    </To>
  );
}

/** Runs of this filter: what counts link to. */
export function RunsLink({
  filter,
  children,
}: {
  filter: Readonly<Record<string, string>>;
  children: ReactNode;
}) {
  return (
    <Link to="/runs" search={filter as never}>
      {children}
    </Link>
  );
}
