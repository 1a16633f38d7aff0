// A link of a list's row: plain, because each of the router's own listens to every change of the address, and a list has
// hundreds of them. The shell follows it, see `follow.ts`.
import type { AnchorHTMLAttributes } from "react";
import { PAGE_BASE } from "../api/base.ts";
import { addressOfJob, type JobRef, jobAddress } from "../words/address.ts";

interface ToProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** Below the page's base, without a slash at its start. */
  path: string;
}

export function To({ path, ...rest }: ToProps) {
  return <a href={PAGE_BASE + path} data-page {...rest} />;
}

export const runPath = (id: string): string => `runs/${encodeURIComponent(id)}`;
export const schedulePath = (id: string): string => `schedules/${encodeURIComponent(id)}`;
export const jobPath = (of: JobRef): string => `jobs/${encodeAddress(jobAddress(of))}`;
export const jobPathOf = (of: { job: string; source: string }): string =>
  `jobs/${encodeAddress(addressOfJob(of))}`;

/** As the router writes it: the colon after the source stays. */
const encodeAddress = (address: string): string => encodeURIComponent(address).replaceAll("%3A", ":");
